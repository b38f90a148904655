using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Hocon;

public class SubstitutionTests
{
    [Theory]
    [InlineData("a=1, b=${a}", """{"a":1,"b":1}""")]
    [InlineData("b=${a}, a=1", """{"b":1,"a":1}""")]
    [InlineData("a=1, b=${a}, a=2", """{"a":2,"b":2}""")]
    [InlineData("b=${?a}", "{}")]
    [InlineData("b=[1, ${?a}, 2]", """{"b":[1,2]}""")]
    [InlineData("b=x${?a}", """{"b":"x"}""")]
    [InlineData("b=${?x}${?y}", "{}")]
    [InlineData("b=${?x} ${?y}", """{"b":" "}""")]
    [InlineData("b=${?x}\"\"", """{"b":""}""")]
    [InlineData("b=1, b=${?x}", """{"b":1}""")]
    [InlineData("b=${missing}, b=42", """{"b":42}""")]
    [InlineData("a=${?a}", "{}")]
    [InlineData("a=1, a=${a} x", """{"a":"1 x"}""")]
    [InlineData("a=1, a=${a}x, a=${a}y, a=${a}z", """{"a":"1xyz"}""")]
    [InlineData("path=\"a\", path=${path}\":b\"", """{"path":"a:b"}""")]
    [InlineData("a=[1], a=${a} [2], a=${a} [3]", """{"a":[1,2,3]}""")]
    [InlineData("a=${?a} [1]", """{"a":[1]}""")]
    [InlineData("a={b:1}, a=${a} {c:2}", """{"a":{"b":1,"c":2}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }", """{"bar":{"foo":42,"baz":42}}""")]
    [InlineData("bar : { foo : 42, baz : ${bar.foo} }, bar : { foo : 43 }", """{"bar":{"foo":43,"baz":43}}""")]
    [InlineData("bar : { a : ${foo.d}, b : 1 }, bar.b = 3, foo : { c : ${bar.b}, d : 2 }, foo.d = 4",
        """{"bar":{"a":4,"b":3},"foo":{"c":3,"d":4}}""")]
    [InlineData("foo : { a : { c : 1 } }, foo : ${foo.a}, foo : { a : 2 }", """{"foo":{"a":2,"c":1}}""")]
    [InlineData("a : { b : 5 }, a : ${a.b}", """{"a":5}""")]
    [InlineData("a : { b : ${c} }, a : { b : ${a.b}x }, c : 1", """{"a":{"b":"1x"},"c":1}""")]
    [InlineData("base={x:1,y:2}, b=${base} {y:3}", """{"base":{"x":1,"y":2},"b":{"x":1,"y":3}}""")]
    [InlineData("base={x:{p:1}}, b=${base}, b={x:{q:2}}", """{"base":{"x":{"p":1}},"b":{"x":{"p":1,"q":2}}}""")]
    [InlineData("base={x:1}, base={x:${base.x}2}, b=${base} {x:${?no}}", """{"base":{"x":"12"},"b":{"x":"12"}}""")]
    [InlineData("base={x:1}, base={x:${base.x}2}, b=${base} {x:${b.x}3}", """{"base":{"x":"12"},"b":{"x":"123"}}""")]
    [InlineData("a=[${b},${b}], b={x:1}", """{"a":[{"x":1},{"x":1}],"b":{"x":1}}""")]
    [InlineData("a=${b}[2], b=[1]", """{"a":[1,2],"b":[1]}""")]
    [InlineData("a=null, b=x${a}", """{"a":null,"b":"xnull"}""")]
    [InlineData("\"a.b\"=1, c=${\"a.b\"}", """{"a.b":1,"c":1}""")]
    [InlineData("c=1, a={b:${c}}, d=${a.b}", """{"c":1,"a":{"b":1},"d":1}""")]
    [InlineData("a=\"${b}\", b=1", """{"a":"${b}","b":1}""")]
    public void Substitutions_resolve(string text, string json) => Trees.Json(text).ShouldBe(json);

    [Theory]
    [InlineData("a=1\nb=${c}", 2, "defined neither")]
    [InlineData("a=${a}", 1, "own value")]
    [InlineData("a=${b}\nb=${c}\nc=${a}", 3, "own value")]
    [InlineData("a={b:${a}}", 1, "contains itself")]
    [InlineData("a=[${a}]", 1, "contains itself")]
    [InlineData("a={b:${c}}\nc={d:${a}}", 1, "contains itself")]
    [InlineData("x=[1]\na=${x} text", 2, "cannot be joined")]
    [InlineData("a=1\nb=${a.c}", 2, "defined neither")]
    public void What_cannot_be_resolved_is_refused_at_its_place(string text, int line, string says)
    {
        var e = Trees.Refused(text);

        e.Origin.Line.ShouldBe(line);
        e.Problem.ShouldContain(says);
    }

    [Fact]
    public void The_environment_answers_only_what_the_configuration_does_not_define()
    {
        var tree = HoconDocument.FromText("HOME=mine, a=${HOME}, b=${USER}, c=x${?SHELL}, PATH=${PATH}\":more\"", "t")
            .Resolve(name => name is "HOME" or "USER" or "PATH" ? $"env-{name}" : null);

        HoconJson.Render(tree, compact: true)
            .ShouldBe("""{"HOME":"mine","a":"mine","b":"env-USER","c":"x","PATH":"env-PATH:more"}""");
    }

    [Fact]
    public void A_value_from_the_environment_is_text_and_is_at_the_substitution()
    {
        var tree = HoconDocument.FromText("x=1\na=${N}", "t").Resolve(_ => "42");

        var value = (HoconScalar)tree.Find("a")!;
        value.Kind.ShouldBe(HoconScalarKind.Text);
        value.Origin.Line.ShouldBe(2);
    }

    [Fact]
    public void A_default_in_a_lower_layer_follows_what_the_upper_layer_sets()
    {
        var lower = HoconDocument.FromText("listen=1, advertise=${listen}, list=[a]", "lower");
        var upper = HoconDocument.FromText("listen=2, list=${list} [b]", "upper");

        HoconJson.Render(upper.WithFallback(lower).Resolve(Trees.NoEnvironment), compact: true)
            .ShouldBe("""{"listen":2,"advertise":2,"list":["a","b"]}""");
    }

    [Fact]
    public void A_document_can_be_used_under_several_others()
    {
        var lower = HoconDocument.FromText("a { x = 1 }", "lower");
        var first = HoconDocument.FromText("a { y = ${a.x} }", "first").WithFallback(lower);
        HoconJson.Render(first.Resolve(Trees.NoEnvironment), compact: true).ShouldBe("""{"a":{"x":1,"y":1}}""");

        HoconJson.Render(lower.Resolve(Trees.NoEnvironment), compact: true).ShouldBe("""{"a":{"x":1}}""");
    }
}
