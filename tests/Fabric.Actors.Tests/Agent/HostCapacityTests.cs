using System.Threading.Channels;
using Fabric.Actors.Agent;
using Fabric.Drivers;
using Fabric.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>Memory and places that a copy takes are given back when it is gone, however it went.</summary>
public sealed class HostCapacityTests : IAsyncDisposable
{
    private const long Limit = 1L << 30;
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private static readonly VmSpec Spec = new() { Id = VmId.Of("v1"), MemoryKiB = 131_136 };
    private static readonly string Copies = Directory.CreateTempSubdirectory("fabric-hands-").FullName;
    private static readonly AgentOptions Options = new()
    {
        Host = HostId.Of("b"),
        MachinesDirectory = Copies,
        Advertised = new DataEndpoint("127.0.0.1", 7601),
        MemoryLimitBytes = Limit,
        MigrationsMax = 1,
    };

    private readonly HostCapacity _capacity = new(Options);
    private readonly ScriptedHypervisor _hypervisor = new();
    private readonly Channel<CopyInput> _told = Channel.CreateBounded<CopyInput>(16);
    private readonly CopyHands _hands;

    public HostCapacityTests() => _hands = new CopyHands(
        new AgentTools(
            Options, _hypervisor, _capacity, null!, null!, null!, null!, TimeProvider.System, NullLogger.Instance),
        Spec.Id, (_, input) => _told.Writer.WriteAsync(input), _ => { });

    public ValueTask DisposeAsync() => _hands.DisposeAsync();

    [Fact]
    public async Task A_process_that_dies_gives_its_memory_back()
    {
        await StartAsync();
        _capacity.FreeBytes.ShouldBe(Limit - Spec.MemoryBytes());
        _hypervisor.Machine.Say(new MachineExited(null, "killed"));
        await UntilAsync<MachineVanished>();
        _capacity.FreeBytes.ShouldBe(Limit);
    }

    [Fact]
    public async Task A_process_that_is_killed_by_order_gives_its_memory_back()
    {
        await StartAsync();
        _hands.Run(new KillMachine("v1/e1"), TimeSpan.Zero);
        await UntilAsync<MachineVanished>();
        _capacity.FreeBytes.ShouldBe(Limit);
    }

    [Fact]
    public async Task A_process_that_does_not_start_takes_nothing()
    {
        _hypervisor.Fails = true;
        _hands.Run(new StartMachine(Spec, "v1/e1"), TimeSpan.Zero);
        await UntilAsync<MachineFailedToStart>();
        _capacity.FreeBytes.ShouldBe(Limit);
    }

    [Fact]
    public async Task A_process_that_is_found_again_is_counted_again()
    {
        var stamp = Stamp.OfLife(Spec.Id, 1);
        var owned = (HeldCopy)CopyEvolution.Evolve(
            NoCopy.Initial, new CopyStartNoted(stamp, Spec, "v1/e1"));
        await _hands.RecoverAsync(owned);
        _capacity.FreeBytes.ShouldBe(Limit - Spec.MemoryBytes());
    }

    [Fact]
    public async Task A_transfer_that_is_over_gives_its_place_back()
    {
        await StartAsync();
        _capacity.NoteMigrating(Spec.Id, migrating: true);
        Obstacles().ShouldBe([FailureReason.HostBusy]);
        _hands.Run(new CloseTransfer(), TimeSpan.Zero);
        _hands.Run(new KillMachine("v1/e1"), TimeSpan.Zero);
        await UntilAsync<MachineVanished>();
        Obstacles().ShouldBeEmpty();
    }

    [Fact]
    public void A_vm_s_own_claim_does_not_stand_in_its_way()
    {
        _capacity.Note(Spec.Id, Limit, incoming: true, migrating: true);
        _capacity.Obstacles(new Precheck(Stamp.OfLife(Spec.Id, 1), Side.Target, Spec)).ShouldBeEmpty();
        Obstacles().ShouldBe([FailureReason.HostBusy, FailureReason.MemoryShort]);
        _capacity.NoteMigrating(Spec.Id, migrating: false);
        Obstacles().ShouldBe([FailureReason.MemoryShort]);
        _capacity.Forget(Spec.Id);
        Obstacles().ShouldBeEmpty();
    }

    private List<FailureReason> Obstacles() =>
        [.. _capacity.Obstacles(new Precheck(Stamp.OfLife(Spec.Id, 1), Side.Target,
            Spec with { Id = VmId.Of("v2") })).Select(o => o.Reason)];

    private async Task StartAsync()
    {
        _hands.Run(new StartMachine(Spec, "v1/e1"), TimeSpan.Zero);
        await UntilAsync<MachineSeen>();
    }

    private async Task UntilAsync<T>()
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (await _told.Reader.ReadAsync(guard.Token) is not T)
        {
            // Looks of before.
        }
    }
}
