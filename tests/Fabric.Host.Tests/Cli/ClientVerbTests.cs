using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Host.Tests.Api;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Cli;

public sealed class ClientVerbTests : IAsyncLifetime
{
    private readonly ApiFixture _at = new();
    private CliRun _cli = null!;

    public async Task InitializeAsync()
    {
        await _at.InitializeAsync();
        _cli = new CliRun(_at);
    }

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task A_VM_is_created_shown_started_stopped_and_deleted()
    {
        await _at.HostAsync("a");
        (await _cli.RunAsync("vm create web --host a --memory 65600KiB --vcpus 2 --device virtio-balloon-pci"))
            .ShouldBe(0, _cli.Error);
        (await _cli.RunAsync("vm show web")).ShouldBe(0);
        _cli.Out.ShouldStartWith("web is stopped at a");
        _at.Hosts.OnOrder = (host, order) => { _ = SayAsync(order); };
        (await _cli.RunAsync("vm start web")).ShouldBe(0, _cli.Error);
        _cli.Out.ShouldStartWith("web is running at a");
        (await _cli.RunAsync("vm list")).ShouldBe(0);
        _cli.Out.Split('\n')[1].ShouldStartWith("web   running  a     1      64.1 MiB  2      -");
        (await _cli.RunAsync("vm stop web --force --json")).ShouldBe(0, _cli.Error);
        Document().GetProperty("state").GetString().ShouldBe("stopped");
        (await _cli.RunAsync("vm delete web --json")).ShouldBe(0);
        Document().GetProperty("text").GetString().ShouldBe("VM web is deleted.");
        (await _cli.RunAsync("vm show web")).ShouldBe(3);

        async Task SayAsync(Order order)
        {
            await Task.Yield();
            var view = order is StopVm ? LifeView.Stopped : LifeView.Running;
            await _at.SayAsync("a", new LifeReport(order.Stamp, view, null, null));
        }
    }

    [Fact]
    public async Task A_VM_with_disks_and_a_network_is_created_and_shown()
    {
        await _at.HostAsync("a");
        (await _cli.RunAsync(
            "vm create web --host a --memory 65600KiB --disk id=root,file=web.qcow2 "
            + "--disk id=data,file=data.img,format=raw,place=shared "
            + "--network kind=routed,mac=52:54:00:aa:00:01,address=10.1.0.7,address=2001:db8::7,tap=vweb,"
            + "gateway=169.254.1.1/32,gateway-mac=02:00:00:00:00:01,relay=off")).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync("vm show web")).ShouldBe(0);
        _cli.Out.ShouldContain("root: local qcow2, web.qcow2");
        _cli.Out.ShouldContain("data: shared raw, data.img");
        _cli.Out.ShouldContain("routed, MAC 52:54:00:aa:00:01, 10.1.0.7, 2001:db8::7, TAP vweb, no relay");
        _cli.Out.ShouldContain("169.254.1.1/32, MAC 02:00:00:00:00:01");
    }

    [Fact]
    public async Task A_network_is_read_from_a_file()
    {
        await _at.HostAsync("a");
        using var files = new TempDirectory();
        var file = files.Write("web.conf", """
            network {
              kind = tunnel, mac = "52:54:00:aa:00:01", addresses = ["10.1.0.7"], tap = vweb, gateway-mac = "02:00:00:00:00:01"
              dns { server = "10.1.0.53", zone = lab.example, name = web.lab.example, key = fabric.lab, ttl = 1m }
            }
            """);
        (await _cli.RunAsync($"vm create web --host a --memory 65600KiB --network {file}")).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync("vm show web")).ShouldBe(0);
        _cli.Out.ShouldContain("web.lab.example at 10.1.0.53, key fabric.lab, kept 60 s");
        files.Write("web.conf", "network { kind = routed, addres = [] }");
        (await _cli.RunAsync($"vm create web --host a --memory 65600KiB --network {file}")).ShouldBe(2);
        _cli.Error.ShouldContain("network.addres");
    }

    [Theory]
    [InlineData("--disk file=x", "--disk: id=... is missing")]
    [InlineData("--disk id=a,file=x,size=1", "'size' is not one of id, file, format, place")]
    [InlineData("--disk id=a,id=b,file=x", "--disk: id is given twice")]
    [InlineData("--disk root", "'root' is not key=value")]
    [InlineData("--network mac=52:54:00:aa:00:01", "--network: kind=... is missing")]
    [InlineData("--network kind=vxlan,vni=x", "vni: 'x' is not a whole number")]
    [InlineData("--network kind=routed,relay=maybe", "relay: 'maybe' is neither on nor off")]
    [InlineData("--network kind=routed,adress=10.0.0.1", "did you mean address")]
    [InlineData("--network /nowhere/net.conf", "/nowhere/net.conf")]
    public async Task A_disk_or_a_network_that_cannot_be_read_is_a_usage_error(string option, string says)
    {
        await _at.HostAsync("a");
        (await _cli.RunAsync($"vm create web --host a --memory 65600KiB {option}")).ShouldBe(2);
        _cli.Error.ShouldContain(says);
    }

    [Fact]
    public async Task A_VM_that_does_not_come_up_is_unexpected_and_one_that_takes_long_is_unknown()
    {
        await _at.StoppedVmAsync();
        (await _cli.RunAsync("vm start web --wait 50ms")).ShouldBe(7);
        _cli.Error.ShouldContain("is starting after 50 ms");
        var stamp = Stamp.OfLife(VmId.Of("web"), 1);
        await _at.SayAsync("a", new LifeReport(stamp, LifeView.Dead, FailureReason.HypervisorUnfit, "no such machine"));
        await _at.System.Entity(EntityKinds.Vm, "web").Ask<VmState>(Describe.State, ApiFixture.HangGuard);
        _at.Hosts.OnOrder = (host, order) => { _ = DieAsync(order); };
        (await _cli.RunAsync("vm start web")).ShouldBe(1);
        _cli.Out.ShouldContain("HypervisorUnfit: no such machine");

        async Task DieAsync(Order order)
        {
            await Task.Yield();
            await _at.SayAsync(
                "a", new LifeReport(order.Stamp, LifeView.Dead, FailureReason.HypervisorUnfit, "no such machine"));
        }
    }

    [Fact]
    public async Task Hosts_are_listed_for_people_and_for_programs()
    {
        await _at.HostAsync("a");
        (await _cli.RunAsync("hosts")).ShouldBe(0);
        _cli.Out.Split('\n')[1].ShouldStartWith("a     connected  qemu 7.2.22 (tcg)  8.0 GiB  4.0 GiB  127.0.0.1:7601");
        (await _cli.RunAsync("hosts --json")).ShouldBe(0);
        Document().GetProperty("hosts")[0].GetProperty("name").GetString().ShouldBe("a");
    }

    [Theory]
    [InlineData("vm show nope", 3, "unknown-vm")]
    [InlineData("vm show WEB", 3, "invalid-name")]
    [InlineData("vm recover nope", 3, "unknown-vm")]
    [InlineData("hosts gone nope --yes-i-know", 3, "unknown-host")]
    [InlineData("hosts gone nope", 2, "usage")]
    [InlineData("migrations show nope", 3, "not-found")]
    [InlineData("journal nope", 3, "not-found")]
    [InlineData("cancel nope", 3, "unknown-vm")]
    [InlineData("migrate nope --to a", 3, "unknown-vm")]
    [InlineData("release-hold", 3, "conflict")]
    public async Task What_is_refused_says_so_on_both_outputs(string line, int exitCode, string code)
    {
        (await _cli.RunAsync(line)).ShouldBe(exitCode);
        _cli.Out.ShouldBeEmpty();
        _cli.Error.ShouldStartWith("fabric: ");
        (await _cli.RunAsync(line + " --json")).ShouldBe(exitCode);
        var error = Document().GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe(code);
        error.GetProperty("exitCode").GetInt32().ShouldBe(exitCode);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_unreachable()
    {
        (await _cli.With("FABRIC_SERVER", "https://127.0.0.1:1").RunAsync("hosts")).ShouldBe(6);
        _cli.Error.ShouldContain("https://127.0.0.1:1");
    }

    [Fact]
    public async Task A_server_of_another_CA_is_not_trusted_and_neither_are_we()
    {
        using var foreign = new Certificates.CertificateDirectory();
        _cli.With("FABRIC_CERT", foreign["operator.crt"]).With("FABRIC_KEY", foreign["operator.key"]);
        (await _cli.With("FABRIC_CA", foreign["ca.crt"]).RunAsync("vm delete web")).ShouldBe(6);
        _cli.Error.ShouldContain("we do not trust the server");
    }

    [Fact]
    public async Task A_node_s_certificate_does_not_open_the_API()
    {
        using var node = _at.Certificates.Node("n1");
        _cli.With("FABRIC_CERT", _at.Certificates["n1.crt"]).With("FABRIC_KEY", _at.Certificates["n1.key"]);
        (await _cli.RunAsync("hosts")).ShouldBe(6);
        _cli.Error.ShouldContain("OU=operator");
    }

    [Fact]
    public async Task The_connection_may_stand_in_a_file_and_options_win_over_it()
    {
        using var files = new TempDirectory();
        foreach (var name in new[] { "ca.crt", "operator.crt", "operator.key" })
            File.Copy(_at.Certificates[name], Path.Combine(files.Path, name));
        var file = files.Write("client.conf", $$"""
            fabric.client { server = "{{_at.Address}}", ca = ca.crt, cert = operator.crt, key = operator.key }
            """);
        (await new CliRun().RunAsync($"hosts --config {file}")).ShouldBe(0);
        (await new CliRun().With("FABRIC_CONFIG", file).RunAsync("hosts")).ShouldBe(0);
        (await new CliRun().RunAsync($"hosts --config {file} --server https://127.0.0.1:1")).ShouldBe(6);
        (await new CliRun().RunAsync($"hosts --config {file} --ca {files.Path}/none.crt")).ShouldBe(2);
        var bad = files.Write("bad.conf", "fabric.client { server = [1] }");
        (await new CliRun().RunAsync($"hosts --config {bad}")).ShouldBe(2);
    }

    private JsonElement Document()
    {
        using var document = JsonDocument.Parse(_cli.Out);
        return document.RootElement.Clone();
    }
}
