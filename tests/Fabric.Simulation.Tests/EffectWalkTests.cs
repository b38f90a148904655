using Fabric.Actors.Coordination;
using Fabric.Protocol;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;

namespace Fabric.Simulation.Tests;

/// <summary>
/// Every effect of every machine, at each place where it comes: it fails, it is run twice, its process dies after it, the
/// journal or ledger before it fails or does not acknowledge. Through the real actors; then the rules, rest and a retry.
/// </summary>
public sealed class EffectWalkTests
{
    /// <summary>Harmless, and so late that what the other faults bring about is walked too.</summary>
    private static readonly Fault Late = new(
        FaultKind.DirtyingAsked, Role.Operator, new Trigger(0, StageKind.Unstarted, 20_000_000), 500, 1, 0);

    private static readonly IReadOnlyList<Plan> Scenarios =
    [
        Enumeration.Base,
        Enumeration.Base with { Networks = 1 },
        With(new Fault(FaultKind.Cancelled, Role.Operator, new Trigger(0, StageKind.PreCopy, 20_000), 0, 1, 0)),
        With(new Fault(FaultKind.DataReset, Role.Source, new Trigger(0, StageKind.StopAndCopy, 100), 0, 1, 0)),
        With(new Fault(FaultKind.VmKilled, Role.Target, new Trigger(0, StageKind.Commitment, 1), 0, 1, 0)),
        // Without a local disk, which is copied through the process, another takes the place of the dead one.
        With(new Fault(FaultKind.VmKilled, Role.Target, new Trigger(0, StageKind.PreCopy, 20_000), 0, 1, 0)) with { LocalDisks = 0 },
        With(new Fault(FaultKind.VmKilled, Role.Target, new Trigger(0, StageKind.StorageSync, 100_000), 0, 1, 0)),
        With(
            new Fault(FaultKind.VmStopped, Role.Operator, new Trigger(0, StageKind.Unstarted, 3_000_000), 0, 2, 0),
            new Fault(FaultKind.VmStarted, Role.Operator, new Trigger(0, StageKind.Unstarted, 3_600_000), 0, 1, 0)),
        // Rounds that leave time for an order to be repeated: what was promised must be in force at the pause.
        With(
            new Fault(FaultKind.RateAsked, Role.Operator, new Trigger(0, StageKind.PreCopy, 20_000), 0, 1, 0),
            new Fault(FaultKind.DirtyingAsked, Role.Operator, new Trigger(0, StageKind.PreCopy, 30_000), 500, 1, 0),
            new Fault(FaultKind.DirtyingAsked, Role.Operator, new Trigger(0, StageKind.Unstarted, 1_000), 500, 1, 0))
            with { RoundMs = (9_000, 9_000) },
    ];

    public static TheoryData<string, EffectMode> Cases()
    {
        var cases = new TheoryData<string, EffectMode>();
        foreach (var type in EffectWalk.Types)
        {
            foreach (var mode in Enum.GetValues<EffectMode>())
                cases.Add(type.Name, mode);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Whatever_happens_at_an_effect_the_rules_hold(string name, EffectMode mode)
    {
        var type = EffectWalk.Types.Single(t => string.Equals(t.Name, name, StringComparison.Ordinal));
        // It only lets go of what is in memory: there is nothing in it that could fail.
        if (type == typeof(CloseTransfer) && mode == EffectMode.Fails)
            return;
        var reached = 0;
        foreach (var scenario in Scenarios)
        {
            var counted = new EffectWalk();
            RunResult.Of(scenario, walk: counted).Broken.ShouldBeNull();
            for (var i = 1; i <= counted.Seen.GetValueOrDefault(type); i++, reached++)
            {
                var result = RunResult.Of(scenario, walk: new EffectWalk(type, i, mode));
                if (result.Broken is { } broken)
                {
                    var again = RunResult.Of(scenario, trace: true, walk: new EffectWalk(type, i, mode));
                    Assert.Fail($"{name} #{i}: {broken}\n{string.Join('\n', again.Trace)}");
                }
            }
        }

        reached.ShouldBeGreaterThan(0, $"no run comes to {name}: it needs a scenario here");
    }

    [Fact]
    public void A_source_that_does_not_hear_of_another_rate_is_found()
    {
        var deaf = new Plant("deaf", "a source never sends in another way")
        {
            Deciders = new Deciders
            {
                Copy = (state, input) =>
                {
                    var decision = CopyMachine.Decide(state, input);
                    return decision with { Effects = [.. decision.Effects.Where(e => e is not AdjustSending)] };
                },
            },
        };
        RunResult.Of(Scenarios[^1]).Broken.ShouldBeNull();
        RunResult.Of(Scenarios[^1], deaf).Broken.ShouldNotBeNull().ShouldStartWith("liveness: vm0 is sent with");
    }

    private static Plan With(params Fault[] faults) => Enumeration.Base with { Faults = [.. faults, Late] };
}
