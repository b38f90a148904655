using BenchmarkDotNet.Attributes;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Micro;

/// <summary>One decision of a migration in stop-and-copy.</summary>
public class DecideBench
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly MigrationPlan Plan = new(
        MigrationId.Of("m-bench"), HostId.Of("a"), HostId.Of("b"), 7, 12,
        new VmSpec { Id = VmId.Of("bench"), MemoryKiB = 131136 }, new MigrationPolicy());

    private static readonly Stamp Stamp = Plan.StampOf(1, Plan.Epoch);
    private static readonly MigrationInput Again = new Reported(HostId.Of("a"), new SourceReport(Stamp, SourceView.Paused));
    private static readonly MigrationInput Loaded = new Reported(HostId.Of("b"), new TargetReport(Stamp, TargetView.Loaded));
    private MigrationState _paused = MigrationState.Initial;
    private MigrationState _handedOff = MigrationState.Initial;

    [GlobalSetup]
    public void Prepare()
    {
        var stage = new InStopAndCopy(Plan, At, At, 1, HandedOffAt: null, LoadedAt: null, HypervisorDowntimeMs: null);
        var sight = Sight.Lost(At) with { Source = SourceView.Paused, Target = TargetView.Receiving };
        _paused = new MigrationState(stage, sight, 13);
        _handedOff = new MigrationState(
            stage with { HandedOffAt = At }, sight with { Source = SourceView.HandedOff }, 13);
        if (!MigrationMachine.Decide(_handedOff, Loaded, At).Events.OfType<Committed>().Any())
            throw new InvalidOperationException("this decision was to be the commit");
    }

    [Benchmark]
    public MigrationDecision DecideNothingNew() => MigrationMachine.Decide(_paused, Again, At);

    [Benchmark]
    public MigrationDecision DecideToCommit() => MigrationMachine.Decide(_handedOff, Loaded, At);
}
