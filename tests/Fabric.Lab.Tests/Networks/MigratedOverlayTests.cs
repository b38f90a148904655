using Fabric.Actors.Coordination;
using Fabric.Drivers.Qemu;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// A VM of an overlay that moves there and back, with a client at a third host of it: nobody there has a part in the
/// migrations, and learning is off.
/// </summary>
public sealed class MigratedOverlayTests : NetworkLabTests
{
    private static readonly HostAddress Address = HostAddress.Of("10.100.0.7");
    private static readonly Dictionary<string, HostAddress> Underlays = new(StringComparer.Ordinal)
    {
        ["a"] = HostAddress.Of("10.1.0.11"),
        ["b"] = HostAddress.Of("10.2.0.11"),
        ["g"] = HostAddress.Of("10.3.0.11"),
    };

    private readonly NetLab _lab = new("r", "a", "b", "g", "cl");

    public MigratedOverlayTests()
    {
        var subnet = 0;
        foreach (var (name, own) in Underlays)
        {
            var router = $"10.{++subnet}.0.1";
            _lab.Cable(name, "lan", "r", name);
            _lab.Address(name, "lan", own + "/24");
            _lab.Address("r", name, router + "/24");
            _lab.Kernel(name).ReplaceRoute(new(null, IsV6: false, 254, 0, HostAddress.Of(router), OnLink: false));
            _lab.Kernel(name).CreateVeth("other", "other-end");
            _lab.Up(name, "other");
            _lab.Up(name, "other-end");
            _lab.Bridge(name, "brov", "other");
        }

        _lab.Forward("r");
        MakeOverlay();
        _lab.Cable("g", "cl", "cl", "eth0");
        _lab.Kernel("g").SetMaster(_lab.Link("g", "cl").Index, _lab.Link("g", "brov").Index);
        _lab.Address("cl", "eth0", "10.100.0.2/24");
        _lab.Kernel("cl").SetMtu(_lab.Link("cl", "eth0").Index, 1450);
        _lab.Kernel("cl").ReplaceNeighbour(_lab.Link("cl", "eth0").Index, Address, NetMoves.Mac);
    }

    protected override void Dispose(bool disposing)
    {
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public Task A_host_that_has_no_part_in_it_sends_to_where_the_VM_is() => LabFabric.RunBareAsync(
        new QemuOptions(), [],
        async fabric =>
        {
            foreach (var host in Underlays.Keys)
                await fabric.StartHostAsync(host);
            await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new CreateVm(Spec, HostId.Of("a")));
            await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new StartRequested());
            await Until.TrueAsync(async () => await fabric.AskAsync<VmState>(EntityKinds.Vm, "v1", Describe.State) is RunningVm);
            await LeadsToAsync("a");
            await MoveAsync(fabric, "a", "b");
            await LeadsToAsync("b");
            await MoveAsync(fabric, "b", "a");
            await LeadsToAsync("a");

            // What b knew when it was the source would lead nowhere now.
            using var guest = await _lab.GuestAsync("a", "vtap");
            using var stream = new NumberedStream(_lab.Udp("cl"), Address);
            await stream.MoreAsync(100);
            var sent = await stream.StopAsync();
            await UntilAsync(() => guest.Numbers.ContainsKey(sent - 1));

            // One that knew nothing is told when it comes.
            await fabric.StopHostAsync("g");
            _lab.Kernel("g").DeleteLink(_lab.Link("g", "fvx100").Index);
            MakeOverlay();
            await fabric.StartHostAsync("g");
            await LeadsToAsync("a");

            // What is removed is led to no more, at b, which had it, and at g, which never had.
            guest.Dispose();
            await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new StopRequested(Force: true));
            await Until.TrueAsync(async () => await fabric.AskAsync<VmState>(EntityKinds.Vm, "v1", Describe.State) is StoppedVm);
            _lab.Entries("b", "fvx100").ShouldContain($"{NetMoves.Mac}");
            await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new DeleteRequested());
            foreach (var host in Underlays.Keys)
                await UntilAsync(() => !_lab.Entries(host, "fvx100").Contains($"{NetMoves.Mac}", StringComparison.Ordinal));
        },
        Underlays.ToDictionary(u => u.Key, u => More(u.Key, u.Value), StringComparer.Ordinal));

    private static VmSpec Spec => LabGuest.EmbeddedSpec("v1") with
    {
        Network = new NetworkSpec
        {
            Kind = NetworkKind.Vxlan,
            Mac = NetMoves.Mac,
            Addresses = [Address],
            Tap = "vtap",
            Bridge = "brov",
            Vni = 100,
            Mtu = 1450,
        },
    };

    private static async Task MoveAsync(LabFabric fabric, string from, string to)
    {
        var ends = new NetworkEnds(EndOf(from), EndOf(to)) { Members = [.. Underlays.Values] };
        var reply = await fabric.AskAsync<VmReply>(
            EntityKinds.Vm, "v1", new MigrateRequested(HostId.Of(to), LabGuest.Slow) { Network = ends });
        var id = reply.Migration.ShouldNotBeNull($"{reply.Refusal}");
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single().Outcome.ShouldBe(MigrationOutcome.Completed);
    }

    private void MakeOverlay()
    {
        var kernel = _lab.Kernel("g");
        kernel.CreateVxlan("fvx100", new(100, Underlays["g"]));
        kernel.SetMaster(_lab.Link("g", "fvx100").Index, _lab.Link("g", "brov").Index);
        kernel.SetPortLearning(_lab.Link("g", "fvx100").Index, learning: false);
        _lab.Up("g", "fvx100");
    }

    private static NetworkEnd EndOf(string host) => new(HostId.Of(host), Underlays[host]);

    /// <summary>The third host's overlay.</summary>
    private Task LeadsToAsync(string host) => UntilAsync(
        () => _lab.Entries("g", "fvx100").Contains($"{NetMoves.Mac} dst {Underlays[host]} ", StringComparison.Ordinal));

    private string More(string host, HostAddress underlay) => $$"""
        hypervisor = embedded
        network { namespace = {{_lab.NameOf(host)}}, underlay = "{{underlay}}" }

        """;
}
