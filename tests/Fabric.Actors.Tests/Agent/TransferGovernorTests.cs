using System.Threading.Channels;
using Fabric.Actors.Agent;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

public sealed class TransferGovernorTests : IAsyncDisposable
{
    private const long Mbit = 1_000_000 / 8;
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly ScriptedMachine _machine = new();
    private readonly Channel<Report> _reports = Channel.CreateBounded<Report>(64);
    private readonly TaskCompletionSource<TransferBroke> _broke =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HostLine _line = new(100 * Mbit);
    private readonly List<TransferGovernor> _made = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var governor in _made)
            await governor.DisposeAsync();
    }

    [Fact]
    public async Task Decision_is_told_with_its_reason_and_then_held_to()
    {
        var governor = Make(ConvergencePolicy.Balanced);
        governor.First.DowntimeLimitMs.ShouldBe(Limits.Convergence.HeldBackMs);
        governor.Start(_machine, Broke);
        governor.Hear(new PilotRound(RoundThatLeaves(10)));
        var share = await DecisionAsync();
        share.ShouldBe(new TransferDecision(1, DecisionKind.Rate, 100 * Mbit, "the line's share"));
        (await DecisionAsync()).Kind.ShouldBe(DecisionKind.SwitchOver);
        await UntilLimitsAsync(l => l is { DowntimeLimitMs: 300, BandwidthMax: 100 * Mbit * Limits.Rate.GuardTimes });
    }

    [Fact]
    public async Task Giving_up_ends_the_attempt_with_its_reason()
    {
        var governor = Make(ConvergencePolicy.GiveUp, deadlineInMs: 1);
        governor.Start(_machine, Broke);
        governor.Hear(new PilotRound(RoundThatLeaves(1_000_000)));
        var broke = await _broke.Task.WaitAsync(HangGuard);
        broke.Reason.ShouldBe(FailureReason.DidNotConverge);
        broke.Detail.ShouldContain("the deadline is");
    }

    [Fact]
    public async Task From_the_switchover_on_nothing_is_decided_any_more()
    {
        var governor = Make(ConvergencePolicy.GiveUp, deadlineInMs: 1);
        governor.Start(_machine, Broke);
        governor.Hear(new MachineLook(RunState.FinishMigrate, MigrationPhase.PreSwitchover));
        governor.Hear(new PilotRound(RoundThatLeaves(1_000_000)));
        await governor.DisposeAsync();
        _broke.Task.IsCompleted.ShouldBeFalse();
        _reports.Reader.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Two_share_the_hosts_line_evenly_and_the_last_one_has_it_all()
    {
        var (one, two) = (Make(null), Make(null));
        one.Start(_machine, Broke);
        await UntilLimitsAsync(l => l.BandwidthMax == 50 * Mbit * Limits.Rate.GuardTimes);
        await two.DisposeAsync();
        await UntilLimitsAsync(l => l.BandwidthMax == 100 * Mbit * Limits.Rate.GuardTimes);
        one.Adjust(new TransferPolicy(10 * Mbit, 300), lineShare: 0);
        await UntilLimitsAsync(l => l.BandwidthMax == 10 * Mbit * Limits.Rate.GuardTimes);
    }

    [Fact]
    public async Task Link_is_held_to_the_rate_and_let_go_when_the_guest_stops()
    {
        var link = new PacedLink();
        var governor = Make(ConvergencePolicy.Balanced);
        governor.Hold(link);
        governor.Start(_machine, Broke);
        governor.Adjust(new TransferPolicy(0, 300), lineShare: 20 * Mbit);
        await link.UntilAsync(20 * Mbit);
        governor.Pace.ShouldBe(20 * Mbit);
        governor.Adjust(new TransferPolicy(10 * Mbit, 300), lineShare: null);
        await link.UntilAsync(10 * Mbit);
        governor.Hear(new MachineLook(RunState.FinishMigrate, MigrationPhase.PreSwitchover));
        governor.Pace.ShouldBe(0, "before the hypervisor is told to go on");
        governor.Adjust(new TransferPolicy(1 * Mbit, 300), lineShare: 1 * Mbit);
        await governor.DisposeAsync();
        link.Rates.Last().ShouldBe(0);
    }

    [Fact]
    public void Number_of_connections_is_wished_once_for_each_change()
    {
        var link = new PacedLink();
        var governor = Make(null);
        governor.Hold(link);
        foreach (var connections in (int[])[0, 4, 4, 2, 0])
            governor.Adjust(new TransferPolicy(0, 300) { Connections = connections }, lineShare: null);
        link.Wanted.ShouldBe([4, 2, 0]);
    }

    private TransferGovernor Make(ConvergencePolicy? policy, long? deadlineInMs = null)
    {
        var order = new BeginTransfer(
            new Stamp(VmId.Of("v1"), MigrationId.Of("v1-m4"), 4, 1, 1), HostId.Of("b"),
            new DataEndpoint("127.0.0.1", 1), "", new TransferPolicy(0, 300) { Convergence = policy })
        {
            DeadlineInMs = deadlineInMs,
        };
        var tools = new AgentTools(
            new AgentOptions { Host = HostId.Of("a"), MachinesDirectory = "/", Advertised = order.Endpoint },
            new ScriptedHypervisor(), null!, null!, null!, null!, new LinkBufferPool(), TimeProvider.System,
            NullLogger.Instance)
        {
            Line = _line,
        };
        var governor = new TransferGovernor(tools, order, report => _reports.Writer.TryWrite(report));
        _made.Add(governor);
        return governor;
    }

    private ValueTask Broke(TransferBroke broke)
    {
        _broke.TrySetResult(broke);
        return ValueTask.CompletedTask;
    }

    private async Task<TransferDecision> DecisionAsync()
    {
        using var guard = new CancellationTokenSource(HangGuard);
        return (await _reports.Reader.ReadAsync(guard.Token)).ShouldBeOfType<DecisionReport>().Decision;
    }

    private async Task UntilLimitsAsync(Func<TransferLimits, bool> isSo)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (!isSo(await _machine.Limits.Reader.ReadAsync(guard.Token)))
        {
            // An earlier one.
        }
    }

    private static Round RoundThatLeaves(long pages) => new(1, 1_000, 12_500_000, pages, 10_000, 12_500_000, 1_000);
}
