using Fabric.Actors.Coordination;
using Fabric.Drivers.Qemu;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// Whole migrations whose network moves: real agents, ledgers, links and kernels, with a guest of the embedded hypervisor,
/// which has no card, so a program beside it holds the TAP. A client's packets go by the router that both hosts look
/// after.
/// </summary>
public sealed class MigratedNetworkTests : NetworkLabTests
{
    private static readonly HostAddress Address = HostAddress.Of("10.99.0.7");
    private static readonly NetworkEnds Ends = new(
        new NetworkEnd(HostId.Of("a"), HostAddress.Of("10.1.0.11")),
        new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.2.0.11")));

    private readonly NetLab _lab = new("cl", "r", "a", "b");

    public MigratedNetworkTests()
    {
        Join("cl", "cl", "10.3.0.2", "10.3.0.1");
        Join("a", "a", "10.1.0.11", "10.1.0.1");
        Join("b", "b", "10.2.0.11", "10.2.0.1");
        foreach (var name in new[] { "r", "a", "b" })
            _lab.Forward(name);
    }

    protected override void Dispose(bool disposing)
    {
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public Task The_address_answers_at_the_target_and_nothing_is_left_at_the_source() => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        using var stream = new NumberedStream(_lab.Udp("cl"), Address);
        await stream.MoreAsync(100);
        await UntilAsync(() => source.Numbers.Count > 50);

        var id = await MigrateAsync(fabric, LabGuest.Slow);
        await UntilAsync(() => _lab.Kernel("b").Link("vtap") is not null);
        using var target = await _lab.GuestAsync("b", "vtap", runs: false);
        // By way of the target already, and of the tunnel.
        await UntilAsync(() => _lab.Ip("r", "route show 10.99.0.7").Contains("via 10.2.0.11", StringComparison.Ordinal));
        var before = source.Numbers.Count;
        await UntilAsync(() => source.Numbers.Count > before + 50);
        target.Numbers.ShouldBeEmpty();

        await fabric.SeenAsync<Activated>(id);
        target.Run();
        // It held the TAP in the hypervisor's place, and goes with it.
        source.Dispose();
        await stream.MoreAsync(100);
        var sent = await stream.StopAsync();
        await UntilAsync(() => target.Numbers.ContainsKey(sent - 1));

        var journal = await fabric.EndAsync(id);
        journal.OfType<MigrationEnded>().ShouldHaveSingleItem().Outcome.ShouldBe(MigrationOutcome.Completed);
        var times = journal.OfType<Activated>().ShouldHaveSingleItem().Times.ShouldNotBeNull();
        times.NetworkMs.ShouldNotBeNull();
        times.NetworkAlarm.ShouldBeNull();
        journal.OfType<MigrationEnded>().Single().Downtime!.NetworkMs.ShouldBe(times.NetworkMs);
        target.Numbers.Values.ShouldAllBe(n => n == 1);
        _lab.Ip("b", "route show 10.99.0.7").ShouldContain("dev vtap");
        await UntilAsync(() => _lab.Ip("a", "route show 10.99.0.7").Length == 0 && _lab.Kernel("a").Link("vtap") is null);
        // What the router sent to the target before the flip went to the source; what the source had came back by the tunnel.
        await Until.TrueAsync(async () => (await fabric.AskAsync<HostDescription>(EntityKinds.Host, "b", Describe.State))
            .Facts?.Detours is [{ Vm.Value: "v1", By.Value: "a", Packets: >= 0, Stays: false }]);
        await UntilAsync(() => !_lab.Ip("b", "link").Contains("ftn", StringComparison.Ordinal)
            && !_lab.Ip("a", "link").Contains("ftn", StringComparison.Ordinal));
    });

    [Fact]
    public Task A_cancelled_migration_leaves_every_network_as_it_was() => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        var before = Dumps();
        var id = await MigrateAsync(fabric, LabGuest.Slow);
        await UntilAsync(() => _lab.Ip("r", "route show 10.99.0.7").Contains("via 10.2.0.11", StringComparison.Ordinal));
        await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem().Outcome.ShouldBe(MigrationOutcome.RolledBack);
        await UntilAsync(() => NetLab.Changes(before, Dumps()).Length == 0);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_VM_that_ends_leaves_nothing_at_its_host_nor_at_routers(bool moves) => RunAsync(async fabric =>
    {
        var before = Dumps();
        await StartAsync(fabric);
        if (moves)
        {
            var id = await MigrateAsync(fabric, LabGuest.Slow);
            var ended = (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single();
            ended.Outcome.ShouldBe(MigrationOutcome.Completed, $"{ended.Reason}: {ended.Detail}");
            await UntilAsync(() => _lab.Ip("r", "route show 10.99.0.7").Contains("via 10.2.0.11", StringComparison.Ordinal));
        }

        await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new StopRequested(Force: true));
        await UntilAsync(() => NetLab.Changes(before, Dumps()).Length == 0);
    });

    [Fact]
    public Task A_target_that_cannot_serve_the_network_is_refused_before_anything_moves() => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        _lab.Set("b", "net/ipv4/ip_forward", "0");
        var id = await MigrateAsync(fabric, LabGuest.Slow);
        var ended = (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem();
        (ended.Outcome, ended.Reason).ShouldBe((MigrationOutcome.Refused, FailureReason.NetworkUnfit));
        ended.Detail!.ShouldContain("net.ipv4.ip_forward");
        _lab.Kernel("b").Link("vtap").ShouldBeNull();
    });

    private static VmSpec Spec => LabGuest.EmbeddedSpec("v1") with
    {
        Network = new NetworkSpec
        {
            Kind = NetworkKind.Routed,
            Mac = NetMoves.Mac,
            Addresses = [Address],
            Tap = "vtap",
            Gateways = [InterfaceAddress.Of("169.254.1.1/32")],
            GatewayMac = MacAddress.Of("ee:ee:ee:ee:ee:ee"),
        },
    };

    private static async Task<MigrationId> MigrateAsync(LabFabric fabric, MigrationPolicy policy)
    {
        var reply = await fabric.AskAsync<VmReply>(
            EntityKinds.Vm, "v1", new MigrateRequested(HostId.Of("b"), policy) { Network = Ends });
        return reply.Migration.ShouldNotBeNull($"{reply.Refusal}");
    }

    private Task RunAsync(Func<LabFabric, Task> body) => LabFabric.RunBareAsync(
        new QemuOptions(), [],
        async fabric =>
        {
            await fabric.StartHostAsync("a");
            await fabric.StartHostAsync("b");
            await body(fabric);
        },
        new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = More("a", "10.1.0.11"), ["b"] = More("b", "10.2.0.11") });

    private string More(string host, string underlay) => $$"""
        hypervisor = embedded
        network {
          namespace = {{_lab.NameOf(host)}}, underlay = "{{underlay}}"
          routers = [{ namespace = {{_lab.NameOf("r")}} }]
        }

        """;

    private async Task<TapGuest> BootAsync(LabFabric fabric)
    {
        await StartAsync(fabric);
        return await _lab.GuestAsync("a", "vtap");
    }

    private async Task StartAsync(LabFabric fabric)
    {
        await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new CreateVm(Spec, HostId.Of("a")));
        await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new StartRequested());
        await Until.TrueAsync(async () => await fabric.AskAsync<VmState>(EntityKinds.Vm, "v1", Describe.State) is RunningVm);
        await UntilAsync(() => _lab.Ip("r", "route show 10.99.0.7").Contains("via 10.1.0.11", StringComparison.Ordinal));
    }

    private string Dumps() => _lab.Dump("a") + _lab.Dump("b") + _lab.Dump("r");

    private void Join(string name, string port, string own, string router)
    {
        _lab.Cable(name, "eth0", "r", port);
        _lab.Address(name, "eth0", own + "/24");
        _lab.Address("r", port, router + "/24");
        _lab.Kernel(name).ReplaceRoute(
            new(null, false, Fabric.Drivers.Network.Netlink.RouteFacts.Main, 0, HostAddress.Of(router), false));
    }
}
