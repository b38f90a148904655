using System.Threading.Channels;
using Fabric.Actors.Agent;
using Fabric.Drivers;
using Fabric.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>
/// What a hypervisor says before it goes must be heard, even when it can no longer be looked at: a source that was
/// heard to fail or to run on did not die paused, and taking it for one commits to an older copy.
/// </summary>
public sealed class MachineKeeperTests : IAsyncDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private readonly ScriptedMachine _machine = new();
    private readonly Channel<CopyInput> _told = Channel.CreateBounded<CopyInput>(16);
    private readonly MachineKeeper _keeper;

    public MachineKeeperTests() => _keeper = new MachineKeeper(
        "v1/e1", _machine, TimeProvider.System, NullLogger.Instance, input => _told.Writer.WriteAsync(input), _ => { },
        () => true, () => 77);

    public ValueTask DisposeAsync() => _keeper.DisposeAsync();

    /// <summary>After these the guest ran on.</summary>
    public static TheoryData<MachineEvent> Ends => new(
        new MigrationPhaseChanged(MigrationPhase.Failed, "broken pipe"),
        new MigrationPhaseChanged(MigrationPhase.Cancelled, null),
        new RunStateChanged(RunState.Running));

    /// <summary>These say nothing of that.</summary>
    public static TheoryData<MachineEvent> OtherWords => new(
        new MigrationPhaseChanged(MigrationPhase.Active, null),
        new MigrationPhaseChanged(MigrationPhase.Completed, null),
        new RunStateChanged(RunState.FinishMigrate));

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task An_end_that_cannot_be_looked_at_is_told_as_a_broken_transfer(MachineEvent said)
    {
        _machine.Look = () => throw new HypervisorException(HypervisorFault.Exited, "gone");
        _machine.Say(said);
        _machine.Say(new MachineExited(null, "killed"));
        (await NextAsync()).ShouldBeOfType<TransferBroke>().Reason.ShouldBe(FailureReason.SourceTransferFailed);
        (await NextAsync()).ShouldBeOfType<MachineVanished>();
    }

    [Theory]
    [MemberData(nameof(OtherWords))]
    public async Task Anything_else_that_cannot_be_looked_at_says_nothing(MachineEvent said)
    {
        _machine.Look = () => throw new HypervisorException(HypervisorFault.NoAnswer, "hangs");
        _machine.Say(said);
        _machine.Say(new MachineExited(null, ""));
        (await NextAsync()).ShouldBe(new MachineVanished("its process is gone"));
    }

    [Fact]
    public async Task What_is_looked_at_is_told_with_the_bytes_on_the_wire()
    {
        _machine.Look = () => new MachineStatus(
            RunState.Running, MigrationPhase.Active, null, new TransferProgress(1, 2, 3, 0, 5, 6, 7, null));
        _machine.Say(new MigrationPhaseChanged(MigrationPhase.Active, null));
        (await NextAsync()).ShouldBeOfType<MachineSeen>().Look.Progress.ShouldNotBeNull().WireBytes.ShouldBe(77);
    }

    private async Task<CopyInput> NextAsync()
    {
        using var guard = new CancellationTokenSource(HangGuard);
        return await _told.Reader.ReadAsync(guard.Token);
    }
}
