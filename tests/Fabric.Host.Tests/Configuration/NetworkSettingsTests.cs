using Fabric.Host.Configuration;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Configuration;

public sealed class NetworkSettingsTests : IDisposable
{
    private readonly NodeFile _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void By_default_a_host_takes_no_disks_and_looks_after_its_own_namespace()
    {
        var host = _node.Load("").Host;
        host.Disks.ShouldBe(new DiskSettings("", "", "qemu-img"));
        host.Network.Place.ShouldBe(new NetworkPlace());
        host.Network.NotesDirectory.ShouldBe("network");
        host.Network.DnsKeys.ShouldBeEmpty();
        host.Network.Routers.ShouldBeEmpty();
    }

    [Fact]
    public void Directories_places_keys_and_routers_are_read()
    {
        Directory.CreateDirectory(Path.Combine(_node.Files.Path, "disks"));
        Secret("c2VjcmV0");
        var host = _node.Load("""
            fabric.host {
              hypervisor = embedded
              disks { local = disks }
              network {
                namespace = vms, underlay = "10.9.0.1", uplink = eth1
                dns-keys { "fabric.lab" = lab.key }
                routers = [{ namespace = rt-east, via { gamma = "10.9.0.2" } }, { namespace = "/proc/1/ns/net" }]
              }
            }
            """).Host;
        host.Disks.LocalDirectory.ShouldBe(Path.Combine(_node.Files.Path, "disks"));
        host.Network.Place.ShouldBe(
            new NetworkPlace { Namespace = "vms", Underlay = HostAddress.Of("10.9.0.1"), Uplink = "eth1" });
        NetworkSettingsBinder.ReadSecret(host.Network.DnsKeys["fabric.lab"]).ShouldBe("secret"u8.ToArray());
        host.Network.Routers.Select(r => r.Namespace).ShouldBe(["rt-east", "/proc/1/ns/net"]);
        host.Network.Routers[0].Via[HostId.Of("gamma")].ShouldBe(HostAddress.Of("10.9.0.2"));
    }

    [Theory]
    [InlineData("disks.local = nowhere", "disks.local", "is not a directory: make it")]
    [InlineData("disks.local = node.conf", "disks.local", "is not a directory: make it")]
    [InlineData("disks { local = \".\", shared = \".\" }", "disks.shared", "is host.disks.local too")]
    [InlineData("network.namespace = \"a/b\"", "network.namespace", "is neither a name of 'ip netns' nor")]
    [InlineData("network.namespace = vms", "network.namespace", "QEMU opens its TAPs where the node runs")]
    [InlineData("network.namespace = \"..\"", "network.namespace", "is neither a name of 'ip netns' nor")]
    [InlineData("network.underlay = 10", "network.underlay", "is not an IPv4 or IPv6 address")]
    [InlineData("network.underlay = \"127.0.0.1\"", "network.underlay", "is not the address of one machine")]
    [InlineData("network.uplink = \"far-too-long-a-name\"", "network.uplink", "is not an interface's name")]
    [InlineData("network.notes = \"\"", "network.notes", "is empty")]
    [InlineData("network.dns-keys { k = nowhere.key }", "network.dns-keys.k", "does not exist")]
    [InlineData("network.dns-keys { k = node.pem }", "network.dns-keys.k", "can be read or written by other users")]
    [InlineData("network.dns-keys { k = node.key }", "network.dns-keys.k", "holds no secret in base64")]
    [InlineData("network.dns-keys { k = [] }", "network.dns-keys.k", "must be the name of a file")]
    [InlineData("network.routers = [{ }]", "network.routers[0].namespace", "must be a name of 'ip netns'")]
    [InlineData("network.routers = [{ namespace = r, vai { } }]", "network.routers[0].vai", "unknown key: here are namespace, via")]
    [InlineData("network.routers = [{ namespace = r, via = x }]", "network.routers[0].via", "must be an object")]
    [InlineData("network.routers = [{ namespace = r, via { gamma = x } }]", "network.routers[0].via.gamma", "is not an IPv4 or IPv6 address")]
    [InlineData("network.routers = rt-east", "network.routers", "must be a list of objects")]
    public void What_makes_no_sense_is_refused_with_its_place(string added, string key, string says)
    {
        var error = _node.Errors($"fabric.host.{added}").ShouldHaveSingleItem();
        error.Key.ShouldBe($"fabric.host.{key}");
        error.Message.ShouldContain(says);
    }

    private void Secret(string text) => File.SetUnixFileMode(
        _node.Files.Write("lab.key", text), UnixFileMode.UserRead | UnixFileMode.UserWrite);
}
