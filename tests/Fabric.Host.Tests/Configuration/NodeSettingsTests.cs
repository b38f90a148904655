using Fabric.Host.Configuration;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Configuration;

public sealed class NodeSettingsTests : IDisposable
{
    private readonly NodeFile _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_short_file_gets_the_defaults()
    {
        var s = _node.Load("");

        s.Node.Name.ShouldBe("node-a");
        s.Node.StateDirectory.ShouldBe(Path.Combine(_node.Files.Path, "state"));
        s.Node.Roles.ShouldBe([NodeRole.Coordinator, NodeRole.Host], ignoreOrder: true);
        s.Tls.KeyFile.ShouldBe(Path.Combine(_node.Files.Path, "node.key"));
        s.Coordinator.Listen.ShouldBe(new Endpoint("127.0.0.1", 7600));
        s.Coordinator.Url.ShouldBe(new Uri("https://127.0.0.1:7600"));
        s.Coordinator.RequestBodyBytesMax.ShouldBe(1 << 20);
        s.Host.DataListen.ShouldBe(new Endpoint("0.0.0.0", 7601));
        s.Host.DataAdvertise.ShouldBe(new Endpoint("10.0.0.1", 7601));
        s.Host.MemoryLimitBytes.ShouldBe(0);
        s.Host.MigrationsMax.ShouldBe(4);
        s.Host.Qemu.Binary.ShouldBe("qemu-system-x86_64");
        s.Host.Qemu.FirmwareDirectories.ShouldBeEmpty();
        s.Host.Qemu.Accelerator.ShouldBe(QemuAccelerator.Auto);
        s.Link.ShouldBe(new LinkSettings(Seconds(1), Seconds(5), Seconds(0.1), Seconds(5)));
        s.DataLink.ShouldBe(new DataLinkSettings(1, Seconds(2), Seconds(3600), "auto"));
        s.Migration.ShouldBe(new MigrationSettings(
            3, Seconds(3600), Seconds(0.3), 0, Seconds(60), Seconds(30), Seconds(10), Seconds(1), Seconds(1), 0,
            ConvergencePolicy.Balanced, 256 << 10, DiskCopyMode.Rounds));
        s.Host.BandwidthBytesPerSecondMax.ShouldBe(0);
        s.Faults.ShouldBe(new FaultSettings(FaultStage.Off, Seconds(30)));
        s.Log.Level.ShouldBe(LogThreshold.Info);
    }

    [Fact]
    public void Every_value_can_be_set()
    {
        var s = _node.Load("""
            fabric.host { data.listen = "[::1]:9", memory-limit = 2 GiB, migrations-max = 7, hypervisor = embedded }
            fabric.host.qemu { binary = bin/qemu, firmware-dirs = [fw, /usr/share/qemu], accelerator = tcg }
            fabric.coordinator { listen = "localhost:8", url = "wss://fabric.example/link", request-body-max = 64 KiB }
            fabric.migration { bandwidth-max = 100 MB, downtime-limit = 1ms, attempts-max = 1 }
            fabric.faults { hold-at = commitment, hold-timeout = 5s }
            fabric.data-link { connections = 4, heartbeat = 0, reconnect-for = 0, congestion = bbr }
            fabric.log.level = debug
            """);
        s.DataLink.ShouldBe(new DataLinkSettings(4, TimeSpan.Zero, TimeSpan.Zero, "bbr"));

        s.Host.DataListen.ShouldBe(new Endpoint("::1", 9));
        s.Host.MemoryLimitBytes.ShouldBe(2L << 30);
        s.Host.Hypervisor.ShouldBe(HypervisorKind.Embedded);
        s.Host.Qemu.Binary.ShouldBe(Path.Combine(_node.Files.Path, "bin", "qemu"));
        s.Host.Qemu.FirmwareDirectories.ShouldBe([Path.Combine(_node.Files.Path, "fw"), "/usr/share/qemu"]);
        s.Coordinator.Url.Scheme.ShouldBe("wss");
        s.Migration.BandwidthBytesPerSecondMax.ShouldBe(100_000_000);
        s.Migration.DowntimeLimit.ShouldBe(Seconds(0.001));
        s.Faults.HoldAt.ShouldBe(FaultStage.Commitment);
        s.Log.Level.ShouldBe(LogThreshold.Debug);
    }

    [Fact]
    public void Data_is_advertised_where_it_is_listened_for_unless_told_otherwise() =>
        _node.Load("fabric.host.data { listen = \"10.0.0.2:9\", advertise = ${fabric.host.data.listen} }")
            .Host.DataAdvertise.ShouldBe(new Endpoint("10.0.0.2", 9));

    [Fact]
    public void The_environment_is_what_the_caller_hands_in() =>
        _node.Load("fabric.log.level = ${LEVEL}", n => n is "LEVEL" ? "warn" : null)
            .Log.Level.ShouldBe(LogThreshold.Warn);

    [Theory]
    [InlineData("fabric.coordinator.listen = \"127.0.0.1:0\"", "fabric.coordinator.listen", "1 to 65535")]
    [InlineData("fabric.coordinator.listen = \"127.0.0.1:65536\"", "fabric.coordinator.listen", "1 to 65535")]
    [InlineData("fabric.host.data.listen = \"0.0.0.0:7600\"", "fabric.host.data.listen", "same port")]
    [InlineData("fabric.host.data.listen = \"localhost:7600\"", "fabric.host.data.listen", "same port")]
    [InlineData("fabric.host.data.advertise = \"0.0.0.0:7601\"", "fabric.host.data.advertise", "own address")]
    [InlineData("fabric.coordinator.url = \"http://x\"", "fabric.coordinator.url", "https://")]
    [InlineData("fabric.coordinator.url = \"https://u:secret@x\"", "fabric.coordinator.url", "user name or password")]
    [InlineData("fabric.link.dead-after = 1s", "fabric.link.dead-after", "longer than link.heartbeat")]
    [InlineData("fabric.link.heartbeat = 6s", "fabric.link.dead-after", "longer than link.heartbeat")]
    [InlineData("fabric.link.reconnect-max = 50ms", "fabric.link.reconnect-max", "reconnect-min")]
    [InlineData("fabric.link.heartbeat = -1s", "fabric.link.heartbeat", "outside")]
    [InlineData("fabric.link.heartbeat = 1ns", "fabric.link.heartbeat", "outside")]
    [InlineData("fabric.data-link.connections = 0", "fabric.data-link.connections", "outside")]
    [InlineData("fabric.data-link.connections = 17", "fabric.data-link.connections", "outside")]
    [InlineData("fabric.data-link.heartbeat = 99ms", "fabric.data-link.heartbeat", "100ms or more, or 0")]
    [InlineData("fabric.data-link.heartbeat = 11s", "fabric.data-link.heartbeat", "outside")]
    [InlineData("fabric.data-link.reconnect-for = -1s", "fabric.data-link.reconnect-for", "outside")]
    [InlineData("fabric.data-link.reconnect-for = 25h", "fabric.data-link.reconnect-for", "outside")]
    [InlineData("fabric.data-link.congestion = \"bbr; reboot\"", "fabric.data-link.congestion", "such as bbr")]
    [InlineData("fabric.data-link.congestion = abcdefghijklmnop", "fabric.data-link.congestion", "such as bbr")]
    [InlineData("fabric.migration.downtime-limit = 0", "fabric.migration.downtime-limit", "never ends")]
    [InlineData("fabric.migration.downtime-limit = 1us", "fabric.migration.downtime-limit", "1ms or more")]
    [InlineData("fabric.migration.downtime-limit = 90s", "fabric.migration.switchover-timeout", "downtime")]
    [InlineData("fabric.migration.deadline = 30s", "fabric.migration.switchover-timeout", "deadline")]
    [InlineData("fabric.migration.deadline = 999999999d", "fabric.migration.deadline", "longer duration")]
    [InlineData("fabric.migration.attempts-max = 0", "fabric.migration.attempts-max", "outside 1 to 100")]
    [InlineData("fabric.migration.bandwidth-max = -1", "fabric.migration.bandwidth-max", "outside")]
    [InlineData("fabric.migration.bandwidth-max = 8796093022208", "fabric.migration.bandwidth-max", "outside")]
    [InlineData("fabric.migration.bandwidth-max = 17592186044416", "fabric.migration.bandwidth-max", "outside")]
    [InlineData("fabric.migration.bandwidth-max = 100", "fabric.migration.bandwidth-max", "outside")]
    [InlineData("fabric.migration.disk-copy = mirror", "fabric.migration.disk-copy", "rounds, synchronous")]
    [InlineData("fabric.migration.disk-writes-min = 100", "fabric.migration.disk-writes-min", "outside")]
    [InlineData("fabric.migration.disk-writes-min = none", "fabric.migration.disk-writes-min", "size")]
    [InlineData("fabric.host.memory-limit = 10 EiB", "fabric.host.memory-limit", "outside")]
    [InlineData("fabric.host.memory-limit = -1", "fabric.host.memory-limit", "outside")]
    [InlineData("fabric.host.migrations-max = 0", "fabric.host.migrations-max", "outside")]
    [InlineData("fabric.host.qemu.accelerator = hvf", "fabric.host.qemu.accelerator", "auto, kvm, tcg")]
    [InlineData("fabric.faults.hold-at = precopy", "fabric.faults.hold-at", "did you mean pre-copy?")]
    [InlineData("fabric.log.level = loud", "fabric.log.level", "trace, debug")]
    [InlineData("fabric.node.name = \"\"", "fabric.node.name", "empty")]
    [InlineData("fabric.node.name = Node_A", "fabric.node.name", "is not a name")]
    [InlineData("fabric.node.name = \"../x\"", "fabric.node.name", "is not a name")]
    [InlineData("fabric.node.name = \"a\\n\"", "fabric.node.name", "is not a name")]
    [InlineData("fabric.node.state-dir = ca.pem", "fabric.node.state-dir", "is a file")]
    [InlineData("fabric.node.roles = []", "fabric.node.roles", "at least one")]
    [InlineData("fabric.node.roles = [host, host]", "fabric.node.roles", "twice")]
    [InlineData("fabric.node.roles = host", "fabric.node.roles", "list")]
    [InlineData("fabric.node.roles = [hots]", "fabric.node.roles", "did you mean host?")]
    [InlineData("fabric.tls.ca = null", "fabric.tls.ca", "must be set")]
    [InlineData("fabric.tls.cert = missing.pem", "fabric.tls.cert", "does not exist")]
    [InlineData("fabric.tls.cert = \".\"", "fabric.tls.cert", "is a directory")]
    [InlineData("fabric.tls.cert = node.key", "fabric.tls.cert", "no PEM certificate")]
    [InlineData("fabric.tls.kye = x", "fabric.tls.kye", "did you mean fabric.tls.key?")]
    [InlineData("fabric.tls { verify = false }", "fabric.tls.verify", "unknown key")]
    [InlineData("fabric.link = 5", "fabric.link", "must be an object")]
    [InlineData("fabirc.link.heartbeat = 1s", "fabirc", "did you mean fabric?")]
    public void A_bad_value_is_refused_with_its_key_and_its_line(string added, string key, string says)
    {
        var error = _node.Errors(added).Single();

        error.Key.ShouldBe(key);
        error.Message.ShouldContain(says);
        error.Message.ShouldNotContain("secret");
        error.File.ShouldBe(Path.Combine(_node.Files.Path, "node.conf"));
        // A rule broken by the other key of a pair is reported at the key it is about, which may be a default.
        error.Line.ShouldBeOneOf(1, 6);
    }

    [Fact]
    public void An_empty_file_is_told_all_that_it_must_set() =>
        _node.Errors("", withBase: false).Select(e => e.Key).ShouldBe(
            ["fabric.node.name", "fabric.node.roles", "fabric.tls.ca", "fabric.tls.cert", "fabric.tls.key"],
            ignoreOrder: true);

    [Fact]
    public void A_null_subtree_is_no_way_round_the_defaults() =>
        _node.Errors("fabric.link = null").Single().Message.ShouldContain("must be an object");

    [Theory]
    [InlineData("fabric { a = ", "a value")]
    [InlineData("fabric { ", "never closed")]
    [InlineData("fabric.log.level = ${NOT_THERE}", "defined neither")]
    [InlineData("x = ${y}, y = ${x}, fabric.log.level = ${x}", "own value")]
    public void A_file_that_cannot_be_read_is_one_error_with_its_line(string added, string says)
    {
        var error = _node.Errors(added).Single();
        error.Line.ShouldBe(6);
        error.Message.ShouldContain(says);
    }

    [Fact]
    public void A_missing_file_is_an_error_that_names_it()
    {
        var e = Should.Throw<SettingsException>(() => NodeSettings.Load("/nowhere/node.conf", _ => null));
        e.Message.ShouldContain("/nowhere/node.conf");
    }

    [Fact]
    public void A_file_of_nothing_but_unknown_keys_is_bounded()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(i => $"fabric.link.x{i} = 1\n"));
        _node.Errors(text).Count.ShouldBe(101);
    }

    [Fact]
    public void All_errors_are_told_at_once() =>
        _node.Errors("fabric { log.level = loud, link.heartbeat = x, tls.ca = missing, hots.a = 1 }").Count.ShouldBe(4);

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_key_that_others_can_read_or_write_is_refused(UnixFileMode foreign)
    {
        _node.Key("-----BEGIN PRIVATE KEY-----\n", UnixFileMode.UserRead | foreign);
        _node.Errors("").Single().Message.ShouldContain("chmod 600");
    }

    [Theory]
    [InlineData("-----BEGIN ENCRYPTED PRIVATE KEY-----\nTOPSECRET", "encrypted")]
    [InlineData("TOPSECRET", "no PEM private key")]
    public void A_key_file_of_the_wrong_kind_is_refused_without_showing_it(string text, string says)
    {
        _node.Key(text);
        var message = _node.Errors("").Single().Message;
        message.ShouldContain(says);
        message.ShouldNotContain("TOPSECRET");
    }

    [Fact]
    public void A_pasted_key_is_refused_without_showing_it()
    {
        var errors = _node.Errors("fabric.tls.key = \"\"\"-----BEGIN PRIVATE KEY-----\nTOPSECRET\"\"\"");
        var message = errors.Single().Message;
        message.ShouldContain("not a path");
        message.ShouldNotContain("TOPSECRET");
    }

    [Fact]
    public void A_coordinator_alone_needs_no_address_for_data() =>
        _node.Load("fabric.node.roles = [coordinator], fabric.host.data.advertise = \"0.0.0.0:1\"")
            .Node.Roles.ShouldBe([NodeRole.Coordinator]);

    private static TimeSpan Seconds(double n) => TimeSpan.FromSeconds(n);
}
