using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Hocon;

public class SyntaxTests
{
    [Theory]
    [InlineData("", "{}")]
    [InlineData("{}", "{}")]
    [InlineData("\uFEFFa=1", """{"a":1}""")]
    [InlineData("a = 1 # one\n// two\nb : 2", """{"a":1,"b":2}""")]
    [InlineData("a=1\r\nb=2\r\n", """{"a":1,"b":2}""")]
    [InlineData("a=1,b=2,", """{"a":1,"b":2}""")]
    [InlineData("a = [1\n2,\n3,]", """{"a":[1,2,3]}""")]
    [InlineData("a : one  two   three  ", """{"a":"one  two   three"}""")]
    [InlineData("a : one \"two  \" 3", """{"a":"one two   3"}""")]
    [InlineData("a : \"\" ", """{"a":""}""")]
    [InlineData("a b . c d : 1", """{"a b ":{" c d":1}}""")]
    [InlineData("a.\"b.c\".d : 1", """{"a":{"b.c":{"d":1}}}""")]
    [InlineData("\"\".x : 1", """{"":{"x":1}}""")]
    [InlineData("1.2 : 3", """{"1":{"2":3}}""")]
    [InlineData("true.null : 3", """{"true":{"null":3}}""")]
    [InlineData("foo include : 1", """{"foo include":1}""")]
    [InlineData("\"include\" : 1", """{"include":1}""")]
    [InlineData("a { b : 1 }\na { c : 2 }", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a { b : 1 }\na : null\na { c : 2 }", """{"a":{"c":2}}""")]
    [InlineData("a = {b:1} {c:2}", """{"a":{"b":1,"c":2}}""")]
    [InlineData("a = [1] [2]\n", """{"a":[1,2]}""")]
    [InlineData("a += 1\na += 2", """{"a":[1,2]}""")]
    [InlineData("x.a = [1]\nx { a += 2 }", """{"x":{"a":[1,2]}}""")]
    [InlineData("a = 1.50e+3", """{"a":1.50e+3}""")]
    [InlineData("a = 007", """{"a":"007"}""")]
    [InlineData("a = -foo", """{"a":"-foo"}""")]
    [InlineData("a = a/b/c", """{"a":"a/b/c"}""")]
    [InlineData("a = x//y", """{"a":"x"}""")]
    [InlineData("a = \"\\u0041\\t\\/\"", """{"a":"A\t/"}""")]
    [InlineData("a = \"\"\"one\n\\n \"two\" \"\"\"\"", """{"a":"one\n\\n \"two\" \""}""")]
    [InlineData("a : 1\na.b : 2", """{"a":{"b":2}}""")]
    [InlineData("a.b : 2\na : 1", """{"a":1}""")]
    public void Text_gives_tree(string text, string json) => Trees.Json(text).ShouldBe(json);

    [Theory]
    [InlineData("{ a : 1", 1, "never closed")]
    [InlineData("a = {\n b = 1\n", 1, "never closed")]
    [InlineData("a = [1, 2", 1, "never closed")]
    [InlineData("a = 1 }", 1, "a new line or ','")]
    [InlineData("{a=1} }", 1, "the end of the file")]
    [InlineData("\n[1,2]", 2, "not an array")]
    [InlineData("a = 1,,b = 2", 1, "two commas")]
    [InlineData(", a = 1", 1, "a key")]
    [InlineData("a = [,1]", 1, "a value")]
    [InlineData("a =\n\n}", 3, "a value")]
    [InlineData("a = ", 1, "a value")]
    [InlineData("x = 1\nlisten = 127.0.0.1:7600", 2, "double quotes")]
    [InlineData("a", 1, "after the key")]
    [InlineData("a..b = 1", 1, "two in a row")]
    [InlineData(".a = 1", 1, "begin or end with a dot")]
    [InlineData("a = ${}", 1, "a key is missing")]
    [InlineData("a = ${b", 1, "'}'")]
    [InlineData("a = ${b:c}", 1, "'}'")]
    [InlineData("a = $b", 1, "'$'")]
    [InlineData("a = me@home", 1, "'@'")]
    [InlineData("a = \"open\nb = 1", 1, "not closed on its line")]
    [InlineData("a = \"\"\"open", 1, "triple-quoted")]
    [InlineData("a = \"\\x\"", 1, "escape")]
    [InlineData("a = \"\\u12\"", 1, "escape")]
    [InlineData("a = \"\\ud800\"", 1, "surrogate")]
    [InlineData("a = b\u0001", 1, "U+0001")]
    [InlineData("a = [1] {b:1}", 1, "cannot be joined")]
    [InlineData("a = text [1]", 1, "cannot be joined")]
    [InlineData("a = [{ b += 1 }]", 1, "inside an array")]
    [InlineData("include = 1", 1, "include")]
    [InlineData("include url(\"http://x\")", 1, "only files")]
    [InlineData("include \"x\" y", 1, "end of the line")]
    [InlineData("include \"x\"", 1, "directory to start from")]
    public void Bad_text_is_refused_with_its_line_and_what_to_do(string text, int line, string says)
    {
        var e = Trees.Refused(text);

        e.Origin.Line.ShouldBe(line);
        e.Origin.File.ShouldBe("test.conf");
        e.Problem.ShouldContain(says);
    }

    [Fact]
    public void An_error_names_the_column_and_the_key_it_is_in()
    {
        var e = Trees.Refused("a {\n  b {\n    c = \"x\" : 1\n  }\n}");

        e.Origin.ShouldBe(new HoconOrigin("test.conf", 3, 13));
        e.KeyPath.ShouldBe("a.b.c");
        e.Message.ShouldStartWith("test.conf:3:13: a.b.c: ");
    }

    [Fact]
    public void A_lone_surrogate_in_the_text_is_refused() =>
        Trees.Refused("a = 1\nb = x\ud800y").Origin.Line.ShouldBe(2);

    [Fact]
    public void Every_value_knows_where_it_was_written()
    {
        var tree = Trees.Resolve("a = 1\nb {\n  c = [x,\n    y]\n}\nd = ${b.c}");

        tree.Find("a")!.Origin.ShouldBe(new HoconOrigin("test.conf", 1, 5));
        var c = (HoconArray)tree.Find("b", "c")!;
        c.Origin.Line.ShouldBe(3);
        c.Items[1].Origin.ShouldBe(new HoconOrigin("test.conf", 4, 5));
        tree.Find("d")!.Origin.Line.ShouldBe(3);
    }
}
