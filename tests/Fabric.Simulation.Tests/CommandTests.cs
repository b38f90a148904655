using System.Globalization;
using System.Text.Json.Nodes;

namespace Fabric.Simulation.Tests;

public sealed class CommandTests
{
    [Fact]
    public void A_batch_says_what_it_did_in_one_object()
    {
        var (code, lines) = Run("--seeds", "50", "--threads", "2", "--json");
        code.ShouldBe(0);
        var json = JsonNode.Parse(lines[^1])!;
        ((int)json["violations"]!).ShouldBe(0);
        ((int)json["runs"]!).ShouldBe(50);
        ((int)json["faultsInjected"]!).ShouldBeGreaterThan(10);
        ((double)json["runsPerSecond"]!).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_failing_run_prints_its_options_its_steps_the_rule_and_its_command()
    {
        var (code, lines) = Run("--seeds", "1", "--plant", "two-writers-tolerated", "--first-seed", FirstFind());
        code.ShouldBe(0);
        lines[0].ShouldContain("\"two-writers-tolerated\"");

        (code, lines) = Run("--seed", "1", "--plant", "grant-before-commit", "--trace");
        code.ShouldBe(1);
        lines[0].ShouldStartWith("seed 1:");
        lines.ShouldContain(l => l.Contains(" journal ", StringComparison.Ordinal));
        lines[^1].ShouldStartWith("BROKEN   rule 3:");
    }

    [Fact]
    public void Plants_are_listed_by_name()
    {
        var (code, lines) = Run("--list-plants", "--json");
        code.ShouldBe(0);
        JsonNode.Parse(lines[0])!["plants"]!.AsArray().Count.ShouldBeGreaterThanOrEqualTo(25);
    }

    [Theory]
    [InlineData("--seed")]
    [InlineData("--seed", "x")]
    [InlineData("--nonsense")]
    [InlineData("--singles", "--pairs")]
    [InlineData("--pairs", "--fraction", "3/2")]
    [InlineData()]
    public void A_command_line_that_makes_no_sense_is_refused(params string[] args) =>
        Should.Throw<FormatException>(() => Options.Parse(args));

    [Theory]
    [InlineData("--plant", "no-such-plant", "--seeds", "1")]
    [InlineData("--seed", "1", "--only", "99/1")]
    [InlineData("--case", "1:NoFault:Source:1")]
    public void What_does_not_exist_is_refused(params string[] args) =>
        Should.Throw<FormatException>(() => Run(args));

    private static string FirstFind()
    {
        var (_, lines) = Run("--plant", "two-writers-tolerated", "--seeds", "10000", "--json");
        return ((long)JsonNode.Parse(lines[^1])!["seed"]!).ToString(CultureInfo.InvariantCulture);
    }

    private static (int Code, string[] Lines) Run(params string[] args)
    {
        using var output = new StringWriter();
        var code = new Commands(Options.Parse(args), output).Run();
        return (code, output.ToString().TrimEnd('\n').Split('\n'));
    }
}
