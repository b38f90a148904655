using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Hocon;

public sealed class IncludeTests : IDisposable
{
    private readonly TempDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Included_fields_merge_where_the_include_stands()
    {
        _files.Write("part.conf", "a=2, o { p = 1 }");
        Json("a=1\nb=1\ninclude \"part\"\nb=3\no { q = 2 }").ShouldBe("""{"a":2,"b":3,"o":{"p":1,"q":2}}""");
    }

    [Theory]
    [InlineData("include \"sub/part.conf\"")]
    [InlineData("include file(\"sub/part.conf\")")]
    [InlineData("include required(\"sub/part\")")]
    [InlineData("include required( file( \"sub/part.conf\" ) )")]
    public void Each_form_of_include_reads_the_file(string include)
    {
        _files.Write("sub/part.conf", "a=1");
        Json(include).ShouldBe("""{"a":1}""");
    }

    [Fact]
    public void An_include_is_relative_to_the_file_it_stands_in()
    {
        _files.Write("sub/part.conf", "include \"deeper/leaf\"");
        _files.Write("sub/deeper/leaf.conf", "found=sub");
        _files.Write("deeper/leaf.conf", "found=top");
        Json("include \"sub/part\"").ShouldBe("""{"found":"sub"}""");
    }

    [Fact]
    public void A_base_name_loads_conf_over_json_over_properties()
    {
        _files.Write("x.conf", "a=conf");
        _files.Write("x.json", """{"a":"json","b":"json"}""");
        _files.Write("x.properties", "a=properties\nb=properties\nc=properties\n");
        var tree = Load("include \"x\"");
        Trees.At(tree, "a").ShouldBe("conf");
        Trees.At(tree, "b").ShouldBe("json");
        Trees.At(tree, "c").ShouldBe("properties");
    }

    [Fact]
    public void Substitutions_of_an_included_file_are_relative_first_and_absolute_second()
    {
        _files.Write("part.conf", "x=10, y=${x}, z=${top}, w=${?both}, list=[${x}], s=${y}${top}");
        Json("top=1, both=outer, a { both = inner, include \"part\" }, a.x=20").ShouldBe(
            """{"top":1,"both":"outer","a":{"both":"inner","x":20,"y":20,"z":1,"w":"inner","list":[20],"s":"201"}}""");
    }

    [Fact]
    public void Relative_substitutions_add_up_over_nested_includes()
    {
        _files.Write("one.conf", "b { include \"two\" }");
        _files.Write("two.conf", "x=1, y=${x}, l += ${x}, l += ${y}");
        Json("a { include \"one\" }").ShouldBe("""{"a":{"b":{"x":1,"y":1,"l":[1,1]}}}""");
    }

    [Fact]
    public void An_included_file_may_build_on_the_value_before_it()
    {
        _files.Write("part.conf", "path = ${path}\":more\"");
        Json("path=base\ninclude \"part\"").ShouldBe("""{"path":"base:more"}""");
    }

    [Fact]
    public void A_missing_file_is_nothing_unless_it_is_required()
    {
        Json("a=1\ninclude \"nowhere\"").ShouldBe("""{"a":1}""");
        var e = Refused("a=1\ninclude required(\"nowhere\")");
        e.Origin.Line.ShouldBe(2);
        e.Problem.ShouldContain("nowhere.conf");
    }

    [Theory]
    [InlineData("include \"sub\"")]
    [InlineData("include \"sub.conf\"")]
    [InlineData("include \"other\"")]
    public void A_directory_in_the_place_of_an_included_file_is_refused(string include)
    {
        _files.Write("sub/x", "");
        _files.Write("sub.conf/x", "");
        _files.Write("other/x", "");
        Refused(include).Problem.ShouldContain("is a directory");
    }

    [Fact]
    public void Files_that_include_each_other_are_refused_with_the_whole_circle()
    {
        _files.Write("a.conf", "include \"b\"");
        _files.Write("b.conf", "x=1\ninclude \"a\"");
        var e = Refused("include \"a\"");
        e.Origin.Line.ShouldBe(2);
        e.Problem.ShouldContain("circle");
        e.Problem.ShouldContain("b.conf");
    }

    [Fact]
    public void A_file_that_includes_itself_is_refused() =>
        Refused("include \"main\"").Problem.ShouldContain("circle");

    [Fact]
    public void A_chain_of_includes_has_an_end()
    {
        for (var i = 0; i < 20; i++)
            _files.Write($"f{i}.conf", $"include \"f{i + 1}\"");
        Refused("include \"f0\"").Problem.ShouldContain("nested deeper");
    }

    [Fact]
    public void Includes_that_double_are_stopped_by_the_number_of_files()
    {
        for (var i = 0; i < 12; i++)
            _files.Write($"f{i}.conf", $"include \"f{i + 1}\"\ninclude \"f{i + 1}\"");
        _files.Write("f12.conf", "a=1");
        Refused("include \"f0\"").Problem.ShouldContain("more than");
    }

    [Fact]
    public void Includes_do_not_get_round_the_nesting_limit()
    {
        var deep = string.Concat(Enumerable.Repeat("a{", 40));
        _files.Write("part.conf", deep + new string('}', 40));
        Refused(deep + "include \"part\"" + new string('}', 40)).Problem.ShouldContain("nested deeper");
    }

    [Fact]
    public void An_included_file_in_an_array_may_hold_values_but_no_substitutions()
    {
        _files.Write("plain.conf", "x=1");
        _files.Write("subst.conf", "x=${y}");
        Json("a=[{include \"plain\"}]").ShouldBe("""{"a":[{"x":1}]}""");
        Refused("y=1, a=[{include \"subst\"}]").Problem.ShouldContain("inside an array");
    }

    [Fact]
    public void A_json_file_is_held_to_json()
    {
        _files.Write("x.json", "{\n  \"a\": 1,\n  b = 2\n}");
        var e = Refused("include \"x\"");
        e.Origin.File.ShouldEndWith("x.json");
        e.Origin.Line.ShouldBe(3);
    }

    [Fact]
    public void A_json_file_without_an_object_is_refused()
    {
        _files.Write("x.json", "");
        Refused("include \"x.json\"").Origin.File.ShouldEndWith("x.json");
        _files.Write("y.json", "[1]");
        Refused("include \"y.json\"").Problem.ShouldContain("not an array");
    }

    [Fact]
    public void Properties_are_strings_with_dotted_keys_and_objects_win()
    {
        var path = _files.Write("x.properties",
            "# c\n! c\na.b.c = 1\na.b = lost\nd: x\\\n   y\ne f g\nk\\:k = \\u0041\\tz\nempty\n");
        var tree = HoconDocument.FromFile(path).Resolve(Trees.NoEnvironment);
        HoconJson.Render(tree, compact: true).ShouldBe(
            """{"d":"xy","e":"f g","k:k":"A\tz","empty":"","a":{"b":{"c":"1"}}}""");
        ((HoconScalar)tree.Find("a", "b", "c")!).Kind.ShouldBe(HoconScalarKind.Text);
    }

    [Theory]
    [InlineData("a = \\u00zz", "hexadecimal")]
    [InlineData("a = \\ud800", "surrogate")]
    public void Bad_properties_are_refused(string text, string says)
    {
        _files.Write("x.properties", text);
        Refused("include \"x.properties\"").Problem.ShouldContain(says);
    }

    [Fact]
    public void A_directory_a_missing_file_and_a_binary_file_are_refused_by_name()
    {
        Should.Throw<HoconException>(() => HoconDocument.FromFile(_files.Path)).Problem.ShouldContain("directory");
        Should.Throw<HoconException>(() => HoconDocument.FromFile(Path.Combine(_files.Path, "no.conf")))
            .Problem.ShouldContain("does not exist");
        var binary = _files.Write("b.conf", [(byte)'a', (byte)'\n', 0xFF, 0xFE]);
        var e = Should.Throw<HoconException>(() => HoconDocument.FromFile(binary));
        e.Problem.ShouldContain("UTF-8");
        e.Origin.Line.ShouldBe(2);
        Should.Throw<HoconException>(() => HoconDocument.FromFile("a\0b")).Problem.ShouldContain("file name");
    }

    [Fact]
    public void A_file_of_endless_length_is_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        Should.Throw<HoconException>(() => HoconDocument.FromFile("/dev/zero")).Problem.ShouldContain("larger than");
    }

    [Fact]
    public void An_included_value_names_the_file_it_was_written_in()
    {
        var part = _files.Write("sub/part.conf", "\n\nx=1");
        Load("include \"sub/part\"").Find("x")!.Origin.ShouldBe(new HoconOrigin(part, 3, 3));
    }

    private HoconObject Load(string main) =>
        HoconDocument.FromFile(_files.Write("main.conf", main)).Resolve(Trees.NoEnvironment);

    private string Json(string main) => HoconJson.Render(Load(main), compact: true);

    private HoconException Refused(string main) => Should.Throw<HoconException>(() => Load(main));
}
