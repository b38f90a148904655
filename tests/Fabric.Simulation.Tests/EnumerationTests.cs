using Fabric.Protocol;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Runs;

namespace Fabric.Simulation.Tests;

public sealed class EnumerationTests
{
    private const int Steps = 3;

    [Fact]
    public void The_happy_path_has_the_steps_that_are_enumerated()
    {
        var happy = RunResult.Of(Enumeration.Base);
        happy.Broken.ShouldBeNull();
        happy.Steps.ShouldBeGreaterThan(40);
    }

    [Fact]
    public void Singles_hold_each_fault_at_each_step_long_and_short()
    {
        var singles = new Enumeration(Steps, pairs: false);
        var all = Enumerable.Range(0, (int)singles.Count).Select(n => singles.At(n).Faults.ShouldHaveSingleItem()).ToList();
        all.Select(f => (f.When.Step, f.Kind, f.Role)).Distinct().Count().ShouldBe(Steps * FaultCells.All.Count);
        all.Count.ShouldBe(2 * Steps * FaultCells.All.Count);
    }

    [Fact]
    public void Pairs_hold_each_two_once()
    {
        var pairs = new Enumeration(Steps, pairs: true);
        var points = Steps * FaultCells.All.Count;
        pairs.Count.ShouldBe(points * (points + 1) / 2);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var n = 0L; n < pairs.Count; n++)
        {
            var plan = pairs.At(n);
            plan.Faults[0].When.Step.ShouldBeLessThanOrEqualTo(plan.Faults[1].When.Step);
            seen.Add(Enumeration.Print(plan)).ShouldBeTrue();
        }
    }

    [Fact]
    public void A_case_is_read_as_it_is_printed()
    {
        var plan = new Enumeration(Steps, pairs: true).At(777);
        Enumeration.Parse(Enumeration.Print(plan)).Faults.ShouldBe(plan.Faults);
    }

    /// <summary>
    /// A source's agent that dies after it has noted that it sends, and before it says so, knows only the note: with
    /// local disks, that it copies them.
    /// </summary>
    [Theory]
    [InlineData("19:LedgerReplyLost:Source:4000,23:GuestShutsDown:Source:4000")]
    [InlineData("21:LedgerHangs:Source:35000,24:GuestShutsDown:Source:4000")]
    [InlineData("2:LedgerHangs:Source:35000,23:GuestCrashes:Source:4000")]
    [InlineData("23:GuestShutsDown:Source:4000,23:LedgerFails:Source:4000")]
    public void Cases_that_broke_a_rule_once_hold(string faults) =>
        RunResult.Of(Enumeration.Parse(faults)).Broken.ShouldBeNull();

    [Fact]
    public void Every_stage_that_can_be_met_has_cells_to_hit() => FaultCells.Stages
        .Where(s => s is not StageKind.Activation)
        .ShouldAllBe(s => FaultCells.All.Any(c => Coverage.Unreachable(s, c.Kind, c.Role) == null));
}
