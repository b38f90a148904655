using System.Threading.Channels;
using Fabric.Actors.Agent;
using Fabric.Drivers;
using Fabric.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>A process that takes a dead one's place is not left to wait for bytes that do not come.</summary>
public sealed class RefillHandsTests : IAsyncDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private static readonly VmSpec Spec = new() { Id = VmId.Of("v1"), MemoryKiB = 131_136 };
    private static readonly RefillIncoming Refill = new(
        Spec, "v1/e1-t4-a1", "v1/e1-t4-a1-r1", new Stamp(Spec.Id, MigrationId.Of("v1-m4"), 4, 1, 1));

    private static readonly AgentOptions Options = new()
    {
        Host = HostId.Of("b"),
        MachinesDirectory = Directory.CreateTempSubdirectory("fabric-refill-").FullName,
        Advertised = new DataEndpoint("127.0.0.1", 7601),
        MemoryLimitBytes = 1L << 30,
    };

    private readonly HostCapacity _capacity = new(Options);
    private readonly ScriptedHypervisor _hypervisor = new();
    private readonly Channel<(string Directory, CopyInput Input)> _told =
        Channel.CreateBounded<(string, CopyInput)>(16);

    private readonly CopyHands _hands;

    public RefillHandsTests() => _hands = new CopyHands(
        new AgentTools(
            Options, _hypervisor, _capacity, null!, null!, null!, null!, TimeProvider.System, NullLogger.Instance),
        Spec.Id, (directory, input) => _told.Writer.WriteAsync((directory, input)), _ => { });

    public ValueTask DisposeAsync() => _hands.DisposeAsync();

    [Fact]
    public async Task Where_the_transfer_is_over_it_is_ended_and_the_attempt_told()
    {
        _hands.Run(Refill, TimeSpan.Zero);
        var (directory, failed) = await UntilAsync<MachineFailedToStart>();
        directory.ShouldBe(Refill.Directory);
        failed.Reason.ShouldBe(FailureReason.TargetVmDied);
        failed.Detail.ShouldContain("the transfer was closed meanwhile");
        _hypervisor.Machine.Exited.IsCompleted.ShouldBeTrue();
        _capacity.FreeBytes.ShouldBe(Options.MemoryLimitBytes);
    }

    [Fact]
    public async Task One_that_does_not_start_is_told_by_its_own_name()
    {
        _hypervisor.Fails = true;
        _hands.Run(Refill, TimeSpan.Zero);
        var (directory, failed) = await UntilAsync<MachineFailedToStart>();
        (directory, failed.Reason).ShouldBe((Refill.Directory, FailureReason.TargetDidNotStart));
    }

    [Fact]
    public async Task A_process_without_a_transfer_cannot_be_replaced()
    {
        _hands.Run(new StartMachine(Spec, "v1/e1"), TimeSpan.Zero);
        await UntilAsync<MachineSeen>();
        _hypervisor.Machine.Say(new MachineExited(null, "killed"));
        (await UntilAsync<MachineVanished>()).Input.ShouldBe(new MachineVanished("killed", CanRefill: false));
    }

    private async Task<(string Directory, T Input)> UntilAsync<T>()
        where T : CopyInput
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (true)
        {
            if (await _told.Reader.ReadAsync(guard.Token) is (var directory, T input))
                return (directory, input);
        }
    }
}
