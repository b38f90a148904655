using System.Xml.Linq;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Report;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Tests.Faults;

/// <summary>
/// Reports of a run that was recorded: one case held, one broke a rule, one could not be carried out.
/// </summary>
public sealed class ReportTests
{
    private const string Nasty = "</script><b>&\"'\u0001";
    private static readonly RuleResult Good = new("oneRunning", [], "2 copies");
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static readonly CaseResult Held = new()
    {
        Id = "target-vm.kill.pre-copy",
        Fault = "target-vm kill",
        Stage = "pre-copy",
        Verdict = Verdict.Held,
        DurationMs = 9_500,
        Outcome = "completed",
        Attempts = 2,
        FailedAttempts = ["TargetVmDied"],
        BlackoutMs = 120,
        Broke = new BreakReport("pre-copy", 1, "killed the hypervisor process of host-b/e1-t4-a1", false, At),
        Rules = [Good],
        Timeline = new Timeline(
            5_000, [new Span("pre-copy", 0, 3_000), new Span("commitment", 3_000, 5_000)],
            [new Span("host-a/e1", -500, 3_000), new Span("host-b/e1-t4-a2", 3_120, 5_000)],
            new Span("killed", 1_000, 1_000), [], [new Span("no copy runs", 3_000, 3_120)]),
    };

    private static readonly CaseResult Broken = Held with
    {
        Id = "node-link.cut.commitment#2",
        Fault = "node-link cut",
        Stage = "commitment",
        Verdict = Verdict.Broken,
        Detail = Nasty,
        Rules = [Good, new RuleResult("outcomeTrue", [$"it ran nowhere {Nasty}"], "")],
    };

    private static readonly CaseResult Unknown = CaseResult.NotCarriedOut(
        new FaultCase(FaultVictim.Journal, FaultAction.DiskFull, FaultStage.Activation, TimeSpan.FromSeconds(5), 1),
        "The guest did not boot.", TimeSpan.FromSeconds(60));

    private static readonly FaultReport All = new(
        "nightly <1>", "qemu 7.2.22 (tcg)", At, 79_000, [Held, Broken, Unknown]);

    [Fact]
    public void Json_is_read_back_the_same()
    {
        var back = FaultReport.FromJson(All.ToJson());
        back.ToJson().ShouldBe(All.ToJson());
        back.Cases[1].Faults.ShouldBe(Broken.Faults);
        back.Cases[0].Timeline!.Gaps.Single().ToMs.ShouldBe(3_120);
    }

    [Fact]
    public void Exit_codes_tell_broken_rules_from_cases_that_say_nothing()
    {
        All.ExitCode.ShouldBe(1);
        (All with { Cases = [Held] }).ExitCode.ShouldBe(0);
        (All with { Cases = [Held, Unknown] }).ExitCode.ShouldBe(7);
    }

    [Fact]
    public void JUnit_counts_failures_and_errors_and_bears_any_text()
    {
        var suite = XDocument.Parse(JUnitReport.Of(All)).Root!.Element("testsuite")!;
        new[] { "tests", "failures", "errors" }.Select(a => suite.Attribute(a)!.Value).ShouldBe(["3", "1", "1"]);
        suite.Attribute("name")!.Value.ShouldBe("fabric faults nightly <1>");
        var cases = suite.Elements("testcase").ToList();
        cases[0].Element("failure").ShouldBeNull();
        cases[1].Element("failure")!.Attribute("message")!.Value.ShouldContain("outcomeTrue: it ran nowhere </script>");
        cases[2].Element("error")!.Attribute("message")!.Value.ShouldBe("The guest did not boot.");
        cases[1].Attribute("name")!.Value.ShouldBe("node-link.cut.commitment#2");
    }

    [Fact]
    public void Html_holds_all_in_one_page_and_escapes_what_was_said()
    {
        var page = HtmlReport.Of(All);
        page.ShouldNotContain("<script");
        page.ShouldNotContain("</script>");
        page.ShouldNotContain("<b>&\"");
        page.ShouldNotContain("http://");
        page.ShouldNotContain("src=");
        page.ShouldNotContain("@import");
        page.ShouldContain("nightly &lt;1&gt;");
        page.ShouldContain("prefers-color-scheme: dark");
        page.ShouldContain("href=\"#node-link.cut.commitment-2\"");
        page.ShouldContain("<div id=\"node-link.cut.commitment-2\">");
        page.ShouldContain("<details class=\"broken\" open>");
        page.ShouldContain("<title>no copy runs: 3000 to 3120 ms, 120 ms</title>");
    }

    [Fact]
    public void Html_is_well_formed()
    {
        // A browser forgives; what is not closed would hide the cases after it.
        var body = HtmlReport.Of(All).Replace("<!doctype html>", "", StringComparison.Ordinal)
            .Replace("&#10003;", "v", StringComparison.Ordinal).Replace("&#10007;", "x", StringComparison.Ordinal)
            .Replace("&#1;", "", StringComparison.Ordinal).Replace("\u0001", "", StringComparison.Ordinal)
            .Replace(" open>", ">", StringComparison.Ordinal);
        foreach (var empty in new[] { "charset=\"utf-8\">", "initial-scale=1\">", "content=\"light dark\">" })
            body = body.Replace(empty, empty[..^1] + "/>", StringComparison.Ordinal);
        XDocument.Parse(body).Descendants("details").Count().ShouldBe(3);
    }

    [Fact]
    public void The_worst_repetition_stands_for_its_cell()
    {
        CaseText.Worst([Held, Unknown, Broken]).ShouldBe(Broken);
        CaseText.Worst([Held, Unknown]).ShouldBe(Unknown);
        CaseText.Short(Held).ShouldBe("completed (2)");
    }

    [Fact]
    public void Reports_that_cannot_be_written_are_refused_before_the_first_case() =>
        Should.Throw<LabException>(() => ReportFiles.Prepare("/proc/no/such")).Message.ShouldContain("/proc/no/such");
}
