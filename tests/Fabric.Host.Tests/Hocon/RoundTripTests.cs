using System.Text;
using Fabric.Host.Hocon;
using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Host.Tests.Hocon;

/// <summary>Properties over generated trees and damaged files, from a fixed seed.</summary>
public class RoundTripTests
{
    private const string Alphabet = "{}[]\"\"${}?:=+=,.\\#/ \n\t\rabc019-eu_ ${a} += include \u00e9\ud83d\ude00\0";

    private static readonly Config Seeded = Config.QuickThrowOnFailure.WithReplay(20_051_005, 51).WithMaxTest(1500);

    private static readonly string[] Samples =
    [
        .. Directory.GetFiles(Trees.DataDirectory, "*.conf", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(File.ReadAllText),
        "a = 1, a = ${a} [x] \"\"\"q\"\"\", b { c += ${?d} }, e = {x : 1} ${f} // c\n",
    ];

    [Fact]
    public void Damaged_files_throw_nothing_but_the_typed_error()
    {
        var damage = from sample in Gen.Elements(Samples)
                     from edits in Gen.ListOf(Edit(), 6)
                     select edits.Aggregate(sample, Apply);
        Check.One(Seeded, Prop.ForAll(damage.ToArbitrary(), text => ReadsOrRefuses(text)));
    }

    [Fact]
    public void Soups_of_special_characters_throw_nothing_but_the_typed_error()
    {
        var soup = Gen.Elements(Alphabet.ToCharArray()).ListOf().Select(l => new string([.. l]));
        Check.One(Seeded, Prop.ForAll(soup.ToArbitrary(), text => ReadsOrRefuses(text)));
    }

    [Theory]
    [InlineData("x.json", """{"a": [1, -2.5e+3, "b\u0041", {"c": null}], "d": {"e": true}}""")]
    [InlineData("x.properties", "# c\na.b = 1\n c\\:d : \\u0041\\\n  more\na = x\n")]
    public void Damaged_files_of_other_kinds_throw_nothing_but_the_typed_error(string name, string sample)
    {
        using var files = new TempDirectory();
        var damage = from edits in Gen.ListOf(Edit(), 3) select edits.Aggregate(sample, Apply);
        Check.One(Seeded.WithMaxTest(500), Prop.ForAll(damage.ToArbitrary(), text =>
            ReadsOrRefuses(() =>
                HoconDocument.FromFile(files.Write(name, Encoding.UTF8.GetBytes(text))).Resolve(Trees.NoEnvironment))));
    }

    [Fact]
    public void What_is_rendered_reads_as_the_same_tree()
    {
        Check.One(Seeded, Prop.ForAll(Document().ToArbitrary(), text =>
        {
            var tree = Trees.Resolve(text);
            return Trees.Same(tree, Trees.Resolve(HoconJson.Render(tree)))
                && Trees.Same(tree, Trees.Resolve(HoconJson.Render(tree, compact: true)));
        }));
    }

    [Fact]
    public void What_is_rendered_is_json_of_any_reader()
    {
        Check.One(Seeded, Prop.ForAll(Document().ToArbitrary(), text =>
        {
            using var json = System.Text.Json.JsonDocument.Parse(HoconJson.Render(Trees.Resolve(text)));
            return json.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object;
        }));
    }

    [Fact]
    public void Merging_a_file_over_itself_changes_nothing()
    {
        Check.One(Seeded, Prop.ForAll(Document().ToArbitrary(), text =>
        {
            var document = HoconDocument.FromText(text, "t");
            return Trees.Same(document.Resolve(Trees.NoEnvironment),
                document.WithFallback(document).Resolve(Trees.NoEnvironment));
        }));
    }

    private static bool ReadsOrRefuses(string text) => ReadsOrRefuses(() => Trees.Resolve(text));

    private static bool ReadsOrRefuses(Func<HoconObject> read)
    {
        try
        {
            var tree = read();
            return Trees.Same(tree, Trees.Resolve(HoconJson.Render(tree)));
        }
        catch (HoconException e)
        {
            return e.Origin.Line >= 1 && e.Origin.Column >= 1 && e.Problem.Length > 0;
        }
    }

    private static Gen<(int At, int Cut, string Put)> Edit() =>
        from at in Gen.Choose(0, 3000)
        from cut in Gen.Choose(0, 4)
        from put in Gen.Choose(0, Alphabet.Length - 4)
        from length in Gen.Choose(0, 4)
        select (at, cut, Alphabet.Substring(put, length));

    private static string Apply(string text, (int At, int Cut, string Put) edit)
    {
        var at = edit.At % (text.Length + 1);
        return text.Remove(at, Math.Min(edit.Cut, text.Length - at)).Insert(at, edit.Put);
    }

    /// <summary>Always resolves: what is referred to stands at the top and refers to nothing.</summary>
    private static Gen<string> Document() =>
        from text in ObjectText(3)
        select "r { list = [{x : 1}, two], o { p.q : 1 }, n = 1.0 }, d = " + text;

    private static Gen<string> ObjectText(int depth) =>
        from count in Gen.Choose(0, 4)
        from fields in Gen.ListOf(Field(depth), count)
        select "{" + string.Join('\n', fields) + "}";

    private static Gen<string> Field(int depth) =>
        from key in Gen.Elements("a", "b.c", "\"x.y\"", "a.\"\"", "key with spaces", "\"\\u2028\\\"\"")
        from sign in Gen.Elements(":", " = ")
        from value in Value(depth)
        select key + sign + value;

    private static Gen<string> Value(int depth)
    {
        var simple = Gen.Elements("1", "-0.5e+7", "true", "null", "two  words", "\"\\n\\u0007q\"", "\"\"\"t \" t\"\"\"",
            "${?r.list}", "${?r.list} [2]", "${r.o} {z:1}", "x${r.n}${?nowhere}y", "[1, two] [{p:1}]", "[]", "{}",
            "\ud83d\ude00");
        if (depth == 0)
            return simple;
        var items = from count in Gen.Choose(0, 3)
                    from values in Gen.ListOf(Value(depth - 1), count)
                    select "[" + string.Join(",", values) + "]";
        return Gen.OneOf(simple, items, ObjectText(depth - 1));
    }
}
