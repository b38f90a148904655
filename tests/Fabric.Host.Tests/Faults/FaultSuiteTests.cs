using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Report;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Tests.Faults;

public sealed class FaultSuiteTests
{
    private readonly List<FaultReport> _reports = [];
    private readonly List<string> _ran = [];

    [Fact]
    public async Task Cases_run_one_after_the_other_and_what_cannot_be_carried_out_stops_none()
    {
        var report = await Suite(
            Case("one"), Case("two", () => throw new LabException("no guest")), Case("three")).RunAsync(
            "p", "qemu", _reports.Add, CancellationToken.None);
        _ran.ShouldBe(["one", "two", "three"]);
        report.Cases.Select(c => c.Verdict).ShouldBe([Verdict.Held, Verdict.NotCarriedOut, Verdict.Held]);
        report.Cases[1].Problem.ShouldBe("no guest");
        report.ExitCode.ShouldBe(FaultsExit.NotCarriedOut);
        _reports.ShouldHaveSingleItem().Cases.Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_interrupted_run_reports_the_cases_that_had_ended()
    {
        using var stop = new CancellationTokenSource();
        var suite = Suite(Case("one"), Case("two", stop.Cancel), Case("three"));
        await Should.ThrowAsync<OperationCanceledException>(
            () => suite.RunAsync("p", "qemu", _reports.Add, stop.Token));
        _ran.ShouldBe(["one", "two"]);
        _reports.ShouldHaveSingleItem().Cases.Select(c => c.Id).ShouldBe(["one", "two"]);
    }

    private static FaultSuite Suite(params SuiteCase[] cases) =>
        new(cases, new SuiteScreen(LabConsole.Quiet()), TimeProvider.System);

    private SuiteCase Case(string id, Action? run = null)
    {
        CaseResult Result(Verdict verdict, string? problem) => new()
        {
            Id = id,
            Fault = "target-vm kill",
            Stage = "pre-copy",
            Verdict = verdict,
            Problem = problem,
            DurationMs = 1,
        };
        return new SuiteCase(
            id, "target-vm kill", "pre-copy", "something",
            _ =>
            {
                _ran.Add(id);
                run?.Invoke();
                return Task.FromResult(Result(Verdict.Held, null));
            },
            (problem, _) => Result(Verdict.NotCarriedOut, problem));
    }
}
