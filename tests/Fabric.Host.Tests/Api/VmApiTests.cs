using System.Net;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Client;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Host.Tests.Api;

public sealed class VmApiTests : IAsyncLifetime
{
    private const string Good = """{"name":"web","host":"a","memoryKiB":65600}""";
    private readonly ApiFixture _at = new() { AskTimeout = TimeSpan.FromSeconds(2) };

    public Task InitializeAsync() => _at.InitializeAsync();

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task A_VM_is_created_started_stopped_and_deleted()
    {
        await _at.HostAsync("a");
        using var created = await _at.PostAsync("/api/v1/vms", """
            {"name":"web","host":"a","memoryKiB":65600,"vcpus":2,"machine":"pc-q35-7.2","kernel":"/boot/k",
             "initrd":"/boot/i","append":"console=ttyS0","devices":["virtio-balloon-pci"]}
            """);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        created.Headers.Location!.ToString().ShouldBe("/api/v1/vms/web");
        var vm = await _at.Client.GetVmAsync("web", CancellationToken.None);
        vm.State.ShouldBe("stopped");
        vm.Spec.Vcpus.ShouldBe(2);
        vm.Spec.Devices.ShouldBe(["virtio-balloon-pci"]);

        (await _at.Client.StartVmAsync("web", CancellationToken.None)).State.ShouldBe("starting");
        var (host, order) = await _at.Hosts.NextAsync<StartVm>();
        host.ShouldBe(HostId.Of("a"));
        await _at.SayAsync("a", new LifeReport(order.Stamp, LifeView.Running, null, null));
        using (var busy = await _at.Http.DeleteAsync("/api/v1/vms/web"))
            (await ApiFixture.ProblemAsync(busy, 409, "conflict")).ShouldContain("cannot be deleted");

        (await _at.Client.StopVmAsync("web", force: true, CancellationToken.None)).State.ShouldBe("stopping");
        (await _at.Hosts.NextAsync<StopVm>()).Order.Force.ShouldBeTrue();
        await _at.SayAsync("a", new LifeReport(order.Stamp, LifeView.Stopped, null, null));
        await _at.System.Entity(EntityKinds.Vm, "web").Ask<VmState>(Describe.State, ApiFixture.HangGuard);
        await _at.Client.DeleteVmAsync("web", CancellationToken.None);
        using var gone = await _at.Http.GetAsync("/api/v1/vms/web");
        await ApiFixture.ProblemAsync(gone, 404, "unknown-vm");
        (await _at.Client.ListVmsAsync(null, CancellationToken.None)).Vms.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_VM_has_the_disks_and_the_network_that_were_asked_for()
    {
        await _at.HostAsync("a");
        using var created = await _at.PostAsync("/api/v1/vms", """
            {"name":"web","host":"a","memoryKiB":65600,
             "disks":[{"id":"root","file":"web.qcow2"},{"id":"data","file":"data.img","format":"raw","place":"shared"}],
             "network":{"kind":"routed","mac":"52:54:00:AA:00:01","addresses":["10.1.0.7"],"tap":"vweb",
                        "gateways":["169.254.1.1/32"],"gatewayMac":"02:00:00:00:00:01","mtu":1400,"relay":false}}
            """);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        var spec = (await _at.Client.GetVmAsync("web", CancellationToken.None)).Spec;
        spec.Disks.ShouldBe(
        [
            new DiskSpec { Id = DiskId.Of("root"), File = "web.qcow2" },
            new DiskSpec { Id = DiskId.Of("data"), File = "data.img", Format = DiskFormat.Raw, Place = DiskPlace.Shared },
        ]);
        spec.Network!.SameAs(new NetworkSpec
        {
            Kind = NetworkKind.Routed,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Addresses = [HostAddress.Of("10.1.0.7")],
            Tap = "vweb",
            Gateways = [InterfaceAddress.Of("169.254.1.1/32")],
            GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
            Mtu = 1400,
            Relay = false,
        }).ShouldBeTrue();
    }

    [Fact]
    public async Task VMs_are_listed_in_pages()
    {
        foreach (var name in new[] { "c", "a", "b" })
            await _at.StoppedVmAsync(name);
        var text = await _at.Http.GetStringAsync("/api/v1/vms?limit=2");
        var first = System.Text.Json.JsonSerializer.Deserialize(text, ApiJson.Default.VmPage)!;
        first.Vms.Select(v => v.Name.Value).ShouldBe(["a", "b"]);
        first.Next.ShouldBe("b");
        var rest = await _at.Client.ListVmsAsync(first.Next, CancellationToken.None);
        rest.Vms.Select(v => v.Name.Value).ShouldBe(["c"]);
        rest.Next.ShouldBeNull();
    }

    [Fact]
    public async Task A_VM_that_exists_or_lives_nowhere_or_is_no_machine_is_not_created_F212()
    {
        await _at.StoppedVmAsync();
        using var again = await _at.PostAsync("/api/v1/vms", Good);
        await ApiFixture.ProblemAsync(again, 409, "conflict");
        using var nowhere = await _at.PostAsync("/api/v1/vms", """{"name":"x","host":"z","memoryKiB":65600}""");
        await ApiFixture.ProblemAsync(nowhere, 422, "unknown-host");
        using var small = await _at.PostAsync("/api/v1/vms", """{"name":"x","host":"a","memoryKiB":1}""");
        (await ApiFixture.ProblemAsync(small, 422, "spec-invalid")).ShouldContain("memory 1 KiB");
        (await _at.Client.ListVmsAsync(null, CancellationToken.None)).Vms.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Hosts_are_listed_with_what_they_say_of_themselves()
    {
        await _at.HostAsync("a");
        _at.Hosts.Disconnect(await _at.HostAsync("b"));
        var hosts = (await _at.Client.ListHostsAsync(CancellationToken.None)).Hosts;
        hosts.Select(h => (h.Name.Value, h.Connected)).ShouldBe([("a", true), ("b", false)]);
        (await _at.Client.GetHostAsync("a", CancellationToken.None)).Facts!.Hypervisor.ShouldBe("qemu 7.2.22 (tcg)");
        using var none = await _at.Http.GetAsync("/api/v1/hosts/z");
        await ApiFixture.ProblemAsync(none, 404, "unknown-host");
    }

    [Fact]
    public async Task Health_and_the_description_are_served()
    {
        (await _at.Client.HealthAsync(CancellationToken.None)).Status.ShouldBe("ok");
        using var document = System.Text.Json.JsonDocument.Parse(await _at.Http.GetStringAsync("/openapi/v1.json"));
        var paths = document.RootElement.GetProperty("paths");
        paths.EnumerateObject().Count().ShouldBe(21);
        paths.GetProperty("/api/v1/vms/{vm}").GetProperty("get").GetProperty("parameters")[0].GetProperty("name")
            .GetString().ShouldBe("vm");
        paths.GetProperty("/api/v1/vms").GetProperty("post").GetProperty("requestBody").GetRawText()
            .ShouldContain("CreateVmRequest");
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        schemas.GetProperty("CreateVmRequest").GetProperty("properties").GetProperty("disks").GetRawText()
            .ShouldContain("DiskRequest");
        schemas.GetProperty("NetworkRequest").GetProperty("properties").TryGetProperty("gatewayMac", out _).ShouldBeTrue();
        schemas.GetProperty("MacAddress").GetProperty("type").GetString().ShouldBe("string");
    }

    [Fact]
    public async Task A_journal_that_certainly_wrote_nothing_is_unavailable_and_asked_again_it_works()
    {
        await _at.StoppedVmAsync();
        _at.Journal.FailNext(JournalFailure.DiskFull);
        using var full = await _at.PostAsync("/api/v1/vms/web/start", null);
        await ApiFixture.ProblemAsync(full, 503, "unavailable");
        (await _at.Client.GetVmAsync("web", CancellationToken.None)).State.ShouldBe("stopped");
        (await _at.Client.StartVmAsync("web", CancellationToken.None)).State.ShouldBe("starting");
    }

    [Theory]
    [InlineData(JournalFailure.AfterCommit)]
    [InlineData(JournalFailure.TornCommit)]
    [InlineData(JournalFailure.Hang)]
    public async Task A_lost_answer_is_called_unknown_and_never_failed(JournalFailure failure)
    {
        await _at.StoppedVmAsync();
        _at.Journal.FailNext(failure);
        using var lost = await _at.PostAsync("/api/v1/vms/web/start", null);
        (await ApiFixture.ProblemAsync(lost, 504, "outcome-unknown")).ShouldContain("Nobody knows yet");
    }

    [Fact]
    public async Task Another_writer_s_conflict_is_tried_again_once_by_itself()
    {
        await _at.StoppedVmAsync();
        _at.Journal.FailNext(JournalFailure.Conflict);
        (await _at.Client.StartVmAsync("web", CancellationToken.None)).State.ShouldBe("starting");
        _at.Journal.FailNext(JournalFailure.Conflict);
        _at.Journal.FailNext(JournalFailure.Conflict);
        var e = await Should.ThrowAsync<FabricApiException>(
            () => _at.Client.StopVmAsync("web", force: true, CancellationToken.None));
        e.Code.ShouldBe("unavailable");
    }

    [Fact]
    public async Task A_hundred_identical_requests_at_once_make_one_VM()
    {
        await _at.HostAsync("a");
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _at.PostAsync("/api/v1/vms", Good)));
        answers.Count(a => a.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        answers.Count(a => a.StatusCode == HttpStatusCode.Conflict).ShouldBe(99);
        foreach (var answer in answers)
            answer.Dispose();
    }

    [Fact]
    public async Task A_damaged_journal_is_named_and_not_skipped()
    {
        await _at.StoppedVmAsync();
        _at.Journal.Tamper(FabricEvents.StreamOf(VmId.Of("web")), 1, row => row with { Name = "vm.stopped.v1" });
        using var answer = await _at.Http.GetAsync("/api/v1/vms");
        (await ApiFixture.ProblemAsync(answer, 500, "journal-damaged")).ShouldContain("vm/web");
    }
}
