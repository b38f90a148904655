using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Hocon;

/// <summary>The public conformance files of the format (see Data/README.md).</summary>
public class ConformanceTests
{
    public static TheoryData<string> Equivalents() =>
        [.. Directory.GetDirectories(Trees.DataDirectory, "equiv*")
            .SelectMany(d => Directory.GetFiles(d))
            .Select(f => Path.GetRelativePath(Trees.DataDirectory, f))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Equivalents))]
    public void Every_file_of_a_folder_gives_the_tree_of_its_original(string file)
    {
        var path = Path.Combine(Trees.DataDirectory, file);
        var original = Load(Path.Combine(Path.GetDirectoryName(path)!, "original.json"));

        var tree = Load(path);

        Trees.Same(tree, original).ShouldBeTrue(HoconJson.Render(tree));
    }

    [Fact]
    public void All_the_files_are_there() => Equivalents().Count.ShouldBe(16);

    [Theory]
    [InlineData("ints.fortyTwoAgain", "42")]
    [InlineData("floats.fortyTwoPointOneAgain", "42.1")]
    [InlineData("floats.pointThirtyThreeAgain", ".33")]
    [InlineData("strings.abcdAgain", "abcd")]
    [InlineData("strings.concatenated", "null bar 42 baz true 3.14 hi")]
    [InlineData("strings.number", "57")]
    [InlineData("arrays.empty", "[]")]
    [InlineData("arrays.ofString", """["a","b","c"]""")]
    [InlineData("arrays.ofDouble", "[3.14,4.14,5.14]")]
    [InlineData("arrays.ofNull", "[null,null,null]")]
    [InlineData("arrays.ofArray", """[["a","b","c"],["a","b","c"],["a","b","c"]]""")]
    [InlineData("arrays.firstElementNotASubst", """["a","b"]""")]
    [InlineData("booleans.trueAgain", "true")]
    [InlineData("nulls.nullAgain", "null")]
    [InlineData("durations.secondsList", """["1s","2seconds","3 s",4000]""")]
    [InlineData("durations.plusLargeNanos", "+4878955355435272204ns")]
    [InlineData("memsizes.megsList", """["1M","1024K",1048576]""")]
    [InlineData("system.home", "/home/test")]
    [InlineData("system.concatenated", "Your Java version is 99 and your user.home is ")]
    public void Test01_holds(string path, string expected) =>
        Trees.At(Load(Path.Combine(Trees.DataDirectory, "test01.conf")), path.Split('.')).ShouldBe(expected);

    [Fact]
    public void Test01_repeats_whole_objects_and_leaves_out_what_is_not_there()
    {
        var tree = Load(Path.Combine(Trees.DataDirectory, "test01.conf"));

        Trees.Same(((HoconArray)tree.Find("arrays", "ofObject")!).Items[2], tree.Find("strings")!).ShouldBeTrue();
        tree.Find("system", "not_here").ShouldBeNull();
        ((HoconScalar)tree.Find("strings", "number")!).Kind.ShouldBe(HoconScalarKind.Text);
        ((HoconScalar)tree.Find("ints", "fortyTwoAgain")!).Kind.ShouldBe(HoconScalarKind.Number);
    }

    [Fact]
    public void Test02_holds_empty_quoted_and_dashed_keys()
    {
        var tree = Load(Path.Combine(Trees.DataDirectory, "test02.conf"));

        Trees.At(tree, "", "", "").ShouldBe("42");
        Trees.At(tree, "42_a").ShouldBe("42");
        Trees.At(tree, "42_b").ShouldBe("42");
        Trees.At(tree, "57_a").ShouldBe("57");
        Trees.At(tree, "57_b").ShouldBe("57");
        Trees.At(tree, "a.b.c").ShouldBe("103");
        Trees.At(tree, "103_a").ShouldBe("103");
        Trees.At(tree, "a-c").ShouldBe("259");
        Trees.At(tree, "a_c").ShouldBe("260");
        Trees.At(tree, "-").ShouldBe("261");
    }

    private static HoconObject Load(string path) => HoconDocument.FromFile(path).Resolve(name => name switch
    {
        "HOME" => "/home/test",
        "java.version" => "99",
        _ => null,
    });
}
