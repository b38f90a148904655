using System.Globalization;
using System.Text;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Hocon;

/// <summary>A short file can ask for an endless tree; each way to do so ends in an error, quickly.</summary>
public class BoundsTests
{
    [Theory]
    [InlineData("${a#}${a#}", "x")]
    [InlineData("${a#} ${a#}", "[1]")]
    [InlineData("[${a#}, ${a#}]", "[1]")]
    [InlineData("{ l : ${a#}, r : ${a#} }", "{ x : 1 }")]
    public void Doubling_is_refused(string pattern, string start)
    {
        var text = new StringBuilder($"a0 = {start}\n");
        for (var i = 0; i < 40; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"a{i + 1} = ")
                .Append(pattern.Replace("#", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
                .Append('\n');
        }

        Trees.Refused(text.ToString());
    }

    [Fact]
    public void Doubling_an_object_with_itself_is_refused()
    {
        var text = new StringBuilder("a = { x = { y = 1 } }\n");
        for (var i = 0; i < 60; i++)
            text.Append("a = ${a} ${a} { x = ${a.x} }\n");
        Trees.Refused(text.ToString());
    }

    [Theory]
    [InlineData("a = ", "[", "]")]
    [InlineData("", "a {", "}")]
    [InlineData("a = ", "{ b : ", "1 }")]
    public void Deep_nesting_is_refused(string before, string open, string close)
    {
        const int Levels = 5000;
        var text = before + string.Concat(Enumerable.Repeat(open, Levels))
            + string.Concat(Enumerable.Repeat(close, Levels));
        Trees.Refused(text).Problem.ShouldContain("nested deeper");
    }

    [Fact]
    public void A_key_of_too_many_segments_is_refused() =>
        Trees.Refused(string.Join('.', Enumerable.Repeat("a", 5000)) + " = 1").Problem.ShouldContain("segments");

    [Fact]
    public void Nesting_up_to_the_limit_is_allowed()
    {
        var levels = Limits.Hocon.NestingMax;
        Trees.Json(string.Concat(Enumerable.Repeat("{a:", levels - 1)) + "{}" + new string('}', levels - 1))
            .ShouldEndWith("{}" + new string('}', levels - 1));
    }

    [Fact]
    public void A_long_chain_of_substitutions_is_refused_instead_of_overflowing_the_stack()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"a{i} = ${{a{i + 1}}}\n")) + "a20000 = 1";
        Trees.Refused(text).Problem.ShouldContain("chain");
    }

    [Fact]
    public void Substitutions_do_not_get_round_the_nesting_limit()
    {
        var text = string.Concat(Enumerable.Range(0, 100).Select(i => $"a{i + 1} = {{ b : ${{a{i}}} }}\n"));
        Trees.Refused("a0 = 1\n" + text).Problem.ShouldContain("nested deeper");
    }

    [Fact]
    public void A_text_beyond_the_size_limit_is_refused() =>
        Trees.Refused(new string(' ', Limits.Hocon.FileBytesMax + 1)).Problem.ShouldContain("larger than");

    [Theory]
    [InlineData("include ", "a ")]
    [InlineData("include \"x\"", " a")]
    [InlineData("k", "k")]
    [InlineData("", "a ")]
    [InlineData("a = {} ", "{} ")]
    [InlineData("a = ", "${?b}")]
    public void A_line_of_the_largest_size_is_refused_or_read_and_never_repeated_in_a_message(string start, string more)
    {
        var text = start + string.Concat(Enumerable.Repeat(more, (Limits.Hocon.FileBytesMax / more.Length) - 10));
        try
        {
            Trees.Resolve(text).Fields.Count.ShouldBe(more[0] is '{' ? 1 : 0);
        }
        catch (HoconException e)
        {
            e.Message.Length.ShouldBeLessThan(1000);
        }
    }

    [Fact]
    public void A_full_size_file_of_ordinary_fields_is_read()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"key{i} = ${{base}}-{i}\n")) + "base = b";
        Trees.Resolve(text).Fields.Count.ShouldBe(40_001);
    }
}
