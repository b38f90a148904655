using Fabric.Actors.Coordination;
using Fabric.Drivers.Qemu;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// Each step of a network that fails: what a host notes before it changes anything cannot be written (its disk is
/// read-only), or an administrator renames an interface between two steps. Before the pause the migration ends where
/// the VM is; after it the VM runs on, and the step is tried again until it is done. At every moment the address answers
/// from one place.
/// </summary>
public sealed class BadNetworkTests : NetworkLabTests
{
    private static readonly HostAddress Address = HostAddress.Of("10.99.0.7");
    private static readonly NetworkEnds Ends = new(
        new NetworkEnd(HostId.Of("a"), HostAddress.Of("10.1.0.11")),
        new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.2.0.11")));

    private readonly NetLab _lab = new("cl", "r", "a", "b");
    private readonly Dictionary<string, Mount> _notes = new(StringComparer.Ordinal);

    public BadNetworkTests()
    {
        Join("cl", "10.3.0.2", "10.3.0.1");
        Join("a", "10.1.0.11", "10.1.0.1");
        Join("b", "10.2.0.11", "10.2.0.1");
        foreach (var name in new[] { "r", "a", "b" })
            _lab.Forward(name);
    }

    protected override void Dispose(bool disposing)
    {
        _lab.Dispose();
        base.Dispose(disposing);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("b")]
    public Task Network_that_cannot_be_prepared_ends_the_migration_where_the_guest_is(string host) => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        var before = Dumps();
        _notes[host].Writable(false);
        var id = await MigrateAsync(fabric, new MigrationPolicy());
        var ended = (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem();
        (ended.Outcome, ended.Reason).ShouldBe((MigrationOutcome.RolledBack, FailureReason.NetworkFailed), ended.Detail);
        ended.Detail.ShouldNotBeNull().ShouldContain("note");
        await UntilAsync(() => NetLab.Changes(before, Dumps()).Length == 0);
        await AnswersAtAsync(source);
        await Until.TrueAsync(async () => await fabric.AskAsync<VmState>(EntityKinds.Vm, "v1", Describe.State) is RunningVm);

        _notes[host].Writable(true);
        using var target = await CompleteAsync(fabric, source);
        await AnswersAtAsync(target);
    });

    [Fact]
    public Task Network_that_cannot_be_turned_is_an_alarm_and_turns_when_it_can() => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        var id = await MigrateAsync(fabric, LabGuest.Slow);
        await PreparedAsync(fabric, id);
        using var target = await _lab.GuestAsync("b", "vtap");
        _lab.Ip("b", "link set vtap name lost");
        await fabric.SeenAsync<Activated>(id);
        source.Dispose();
        var journal = await fabric.EndAsync(id);
        journal.OfType<MigrationEnded>().ShouldHaveSingleItem().Outcome.ShouldBe(MigrationOutcome.Completed);
        journal.OfType<Activated>().ShouldHaveSingleItem().Times.ShouldNotBeNull().NetworkAlarm.ShouldNotBeNull();
        await fabric.SaidAsync("ALARM: its network did not turn");

        target.Numbers.ShouldBeEmpty();
        _lab.Ip("b", "link set lost name vtap");
        await AnswersAtAsync(target);
    });

    [Fact]
    public Task Network_that_cannot_be_put_back_is_put_back_when_it_can() => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        var before = Dumps();
        var id = await MigrateAsync(fabric, LabGuest.Slow);
        await PreparedAsync(fabric, id);
        _notes["b"].Writable(false);
        await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem().Outcome.ShouldBe(MigrationOutcome.RolledBack);
        await fabric.SaidAsync("ALARM: its network did not roll back");
        await AnswersAtAsync(source);

        _notes["b"].Writable(true);
        await UntilAsync(() => NotesAt(fabric, "b").Length == 0 && NetLab.Changes(before, Dumps()).Length == 0);
    });

    [Fact]
    public Task Network_that_cannot_be_released_is_released_when_it_can_and_the_guest_runs_meanwhile() => RunAsync(async fabric =>
    {
        using var source = await BootAsync(fabric);
        var id = await MigrateAsync(fabric, LabGuest.Slow);
        await PreparedAsync(fabric, id);
        _notes["a"].Writable(false);
        using var target = await _lab.GuestAsync("b", "vtap");
        await fabric.SeenAsync<Activated>(id);
        source.Dispose();
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem().Outcome.ShouldBe(MigrationOutcome.Completed);
        await fabric.SaidAsync("ALARM: its network did not release");
        await AnswersAtAsync(target);

        _notes["a"].Writable(true);
        await UntilAsync(() => NotesAt(fabric, "a").Length == 0 && _lab.Kernel("a").Link("vtap") is null);
        await AnswersAtAsync(target);
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

    // Every packet of a client comes, once, and to this one.
    private async Task AnswersAtAsync(TapGuest guest)
    {
        await UntilAsync(() => HostRoute().Length > 0);
        using var stream = new NumberedStream(_lab.Udp("cl"), Address);
        await stream.MoreAsync(20);
        await UntilAsync(() => guest.Numbers.Count > 0);
        var before = guest.Numbers.Values.Sum();
        await stream.MoreAsync(50);
        await UntilAsync(() => guest.Numbers.Values.Sum() >= before + 50);
        await stream.StopAsync();
    }

    private string HostRoute() => _lab.Ip("r", "route show 10.99.0.7");

    private Task PreparedAsync(LabFabric fabric, MigrationId id) => Until.TrueAsync(async () =>
    {
        (await fabric.JournalAsync(id)).OfType<MigrationEnded>().ShouldBeEmpty();
        return _lab.Kernel("b").Link("vtap") is not null
            && HostRoute().Contains("via 10.2.0.11", StringComparison.Ordinal);
    });

    private async Task<TapGuest> CompleteAsync(LabFabric fabric, TapGuest source)
    {
        var id = await MigrateAsync(fabric, LabGuest.Slow);
        await PreparedAsync(fabric, id);
        var target = await _lab.GuestAsync("b", "vtap");
        await fabric.SeenAsync<Activated>(id);
        // It held the TAP in the hypervisor's place, and goes with it.
        source.Dispose();
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().ShouldHaveSingleItem().Outcome.ShouldBe(MigrationOutcome.Completed);
        return target;
    }

    private static async Task<MigrationId> MigrateAsync(LabFabric fabric, MigrationPolicy policy)
    {
        var reply = await fabric.AskAsync<VmReply>(
            EntityKinds.Vm, "v1", new MigrateRequested(HostId.Of("b"), policy) { Network = Ends });
        return reply.Migration.ShouldNotBeNull($"{reply.Refusal}");
    }

    private static string[] NotesAt(LabFabric fabric, string host) =>
        Directory.GetFiles(fabric.NetworkNotesOf(host), "*", SearchOption.AllDirectories);

    private Task RunAsync(Func<LabFabric, Task> body) => LabFabric.RunBareAsync(
        new QemuOptions(), [],
        async fabric =>
        {
            using var ofA = _notes["a"] = Mount.At(fabric.NetworkNotesOf("a"), "size=8m");
            using var ofB = _notes["b"] = Mount.At(fabric.NetworkNotesOf("b"), "size=8m");
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
        await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new CreateVm(Spec, HostId.Of("a")));
        await fabric.AskAsync<VmReply>(EntityKinds.Vm, "v1", new StartRequested());
        await Until.TrueAsync(async () => await fabric.AskAsync<VmState>(EntityKinds.Vm, "v1", Describe.State) is RunningVm);
        await UntilAsync(() => HostRoute().Contains("via 10.1.0.11", StringComparison.Ordinal));
        return await _lab.GuestAsync("a", "vtap");
    }

    private string Dumps() => _lab.Dump("a") + _lab.Dump("b") + _lab.Dump("r");

    private void Join(string name, string own, string router)
    {
        _lab.Cable(name, "eth0", "r", name);
        _lab.Address(name, "eth0", own + "/24");
        _lab.Address("r", name, router + "/24");
        _lab.Kernel(name).ReplaceRoute(
            new(null, false, Fabric.Drivers.Network.Netlink.RouteFacts.Main, 0, HostAddress.Of(router), false));
    }
}
