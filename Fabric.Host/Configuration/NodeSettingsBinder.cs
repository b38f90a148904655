using System.Text.RegularExpressions;
using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Host.Configuration;

/// <summary>
/// Reads every key once, with its range, then checks the rules over several keys. A key added here is added to
/// HOCON/reference.conf too; a test holds the two together.
/// </summary>
internal static partial class NodeSettingsBinder
{
    private const long KiB = 1L << 10;
    private const long MiB = 1L << 20;

    // 2^43 bytes a second is 70 Tbit/s, and 2^50 bytes is 1 PiB of memory: beyond is a slip of the unit.
    private const long BandwidthMax = (1L << 43) - 1;
    private const long MemoryMax = 1L << 50;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static NodeSettings Read(SettingsReader r)
    {
        var settings = new NodeSettings(Node(r), Tls(r), Coordinator(r), Host(r), Link(r), DataLink(r), Migration(r),
            PageWork(r), PageStore(r), SiteSettingsBinder.Read(r),
            new FaultSettings(r.Choice<FaultStage>("faults.hold-at"), r.Duration("faults.hold-timeout", Ms(1), Hour)),
            new LogSettings(r.Choice<LogThreshold>("log.level")));
        Check(r, settings);
        r.RefuseUnknownKeys();
        return settings;
    }

    private static NodeIdentity Node(SettingsReader r)
    {
        var name = r.Text("node.name");
        r.Require("node.name", name.Length <= Limits.Names.LengthMax && DnsLabel().IsMatch(name),
            $"{SettingsReader.Shown(name)} is not a name: use 1 to {Limits.Names.LengthMax} of a-z, 0-9 and '-', " +
            "with no '-' at either end");
        var state = r.Path("node.state-dir");
        r.Require("node.state-dir", !File.Exists(state), $"{state} is a file: name a directory");
        var roles = r.Choices<NodeRole>("node.roles");
        r.Require("node.roles", roles.Count > 0, "must name at least one role: [coordinator], [host] or both");
        r.Require("node.roles", roles.Distinct().Count() == roles.Count, "names a role twice: remove one");
        return new NodeIdentity(name, state, roles.ToHashSet());
    }

    private static TlsSettings Tls(SettingsReader r) => new(
        Pem(r, "tls.ca", PemKind.Certificate),
        Pem(r, "tls.cert", PemKind.Certificate),
        Pem(r, "tls.key", PemKind.PrivateKey));

    private static string Pem(SettingsReader r, string key, PemKind kind)
    {
        var path = r.Path(key);
        if (path.Length > 0 && PemFile.Problem(path, kind) is { } problem)
            r.Fail(key, problem);
        return path;
    }

    private static CoordinatorSettings Coordinator(SettingsReader r)
    {
        var listen = r.Endpoint("coordinator.listen");
        var text = r.Text("coordinator.url");
        var good = Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.Scheme is ("https" or "wss") && url.Host.Length > 0;
        r.Require("coordinator.url", good,
            $"{SettingsReader.Shown(text)} is not an https:// or wss:// address of a host");
        r.Require("coordinator.url", url is not { UserInfo.Length: > 0 },
            "must not hold a user name or password: nodes prove who they are with tls.cert");
        return new CoordinatorSettings(listen, url ?? new Uri("https://invalid"),
            r.Size("coordinator.request-body-max", KiB, 64 * MiB));
    }

    private static HostSettings Host(SettingsReader r) => new(
        r.Endpoint("host.data.listen"),
        r.Endpoint("host.data.advertise"),
        r.Size("host.memory-limit", MiB, MemoryMax, zero: true),
        r.Int("host.migrations-max", 1, 64),
        r.Choice<HypervisorKind>("host.hypervisor"),
        new QemuSettings(
            r.Program("host.qemu.binary"),
            r.Paths("host.qemu.firmware-dirs"),
            r.Choice<QemuAccelerator>("host.qemu.accelerator")),
        r.Size("host.bandwidth-max", 64 * KiB, BandwidthMax, zero: true),
        new DiskSettings(Directory(r, "host.disks.local"), Directory(r, "host.disks.shared"), r.Program("host.disks.qemu-img")),
        NetworkSettingsBinder.Read(r));

    private static string Directory(SettingsReader r, string key)
    {
        var path = r.PathOrNone(key);
        r.Require(key, path.Length == 0 || System.IO.Directory.Exists(path),
            $"{path} is not a directory: make it, or write \"\" for a host that takes no such disks");
        return path;
    }

    private static LinkSettings Link(SettingsReader r) => new(
        r.Duration("link.heartbeat", Ms(10), Hour),
        r.Duration("link.dead-after", Ms(10), Hour),
        r.Duration("link.reconnect-min", Ms(1), Hour),
        r.Duration("link.reconnect-max", Ms(1), Hour));

    private static DataLinkSettings DataLink(SettingsReader r)
    {
        var heartbeat = r.Duration("data-link.heartbeat", TimeSpan.Zero, Ms(Limits.Link.HeartbeatMsMax));
        r.Require("data-link.heartbeat", heartbeat == TimeSpan.Zero || heartbeat >= Ms(Limits.Link.HeartbeatMsMin),
            $"must be {Limits.Link.HeartbeatMsMin}ms or more, or 0 for none");
        var congestion = r.Text("data-link.congestion");
        r.Require("data-link.congestion", CongestionName().IsMatch(congestion),
            $"{SettingsReader.Shown(congestion)} is not auto, kernel or the name of a congestion control, such as bbr");
        return new DataLinkSettings(
            r.Int("data-link.connections", 1, Limits.Link.ConnectionsMax), heartbeat,
            r.Duration("data-link.reconnect-for", TimeSpan.Zero, Ms(Limits.Link.ReconnectForMsMax)), congestion);
    }

    private static MigrationSettings Migration(SettingsReader r)
    {
        var downtime = r.Duration("migration.downtime-limit", TimeSpan.Zero, TimeSpan.FromSeconds(2000));
        r.Require("migration.downtime-limit", downtime != TimeSpan.Zero,
            "must not be 0: QEMU then never finds a moment to copy the last pages again, and the " +
            "migration never ends; write 1ms or more");
        r.Require("migration.downtime-limit", downtime >= Ms(1), "must be 1ms or more: QEMU counts in milliseconds");
        return new MigrationSettings(
            r.Int("migration.attempts-max", 1, 100),
            r.Duration("migration.deadline", TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            downtime,
            r.Size("migration.bandwidth-max", 64 * KiB, BandwidthMax, zero: true),
            r.Duration("migration.switchover-timeout", Ms(100), Hour),
            r.Duration("migration.host-return-timeout", Ms(100), Hour),
            r.Duration("migration.fence-wait", Ms(100), Hour),
            r.Duration("migration.order-retry", Ms(10), TimeSpan.FromMinutes(1)),
            r.Duration("migration.attempt-back-off", Ms(10), TimeSpan.FromMinutes(10)),
            r.Size("migration.bandwidth-min", 64 * KiB, BandwidthMax, zero: true),
            r.Choice<ConvergencePolicy>("migration.policy"),
            r.Size("migration.disk-writes-min", Limits.Disks.WritesBytesPerSecondFloor, BandwidthMax, zero: true),
            r.Choice<DiskCopyMode>("migration.disk-copy"));
    }

    private static PageWorkSettings PageWork(SettingsReader r)
    {
        var kinds = r.Choices<PageWorkKind>("page-work.kinds");
        r.Require("page-work.kinds", kinds.Distinct().Count() == kinds.Count, "names a kind twice: remove one");
        var level = r.Text("page-work.level");
        int? fixedLevel = null;
        if (!string.Equals(level, "auto", StringComparison.Ordinal))
            fixedLevel = r.Int("page-work.level", 0, CompressionLevels.Count - 1);
        return new PageWorkSettings(
            r.Choice<PageWorkMode>("page-work.mode"), kinds, fixedLevel,
            r.Size("page-work.delta-cache", MiB, Limits.PageWork.DeltaCacheBytesMax, zero: true));
    }

    private static PageStoreSettings PageStore(SettingsReader r) => new(
        r.Text("page-store.directory"),
        r.Size("page-store.quota", MiB, MemoryMax, zero: true),
        r.Bool("page-store.keep"));

    private static void Check(SettingsReader r, NodeSettings s)
    {
        r.Require("link.dead-after", s.Link.DeadAfter > s.Link.Heartbeat,
            "must be longer than link.heartbeat, or every link is dead between two heartbeats", "link.heartbeat");
        r.Require("link.reconnect-max", s.Link.ReconnectMax >= s.Link.ReconnectMin,
            "must not be shorter than link.reconnect-min", "link.reconnect-min");
        r.Require("migration.switchover-timeout", s.Migration.SwitchoverTimeout <= s.Migration.Deadline,
            "must not be longer than migration.deadline", "migration.deadline");
        r.Require("migration.switchover-timeout", s.Migration.SwitchoverTimeout > s.Migration.DowntimeLimit,
            "must be longer than migration.downtime-limit, or an allowed downtime counts as a failure",
            "migration.downtime-limit");
        r.Require("migration.bandwidth-min", s.Migration.BandwidthBytesPerSecondMax == 0
            || s.Migration.BandwidthBytesPerSecondMin <= s.Migration.BandwidthBytesPerSecondMax,
            "must not be more than migration.bandwidth-max", "migration.bandwidth-max");
        var isHost = s.Node.Roles.Contains(NodeRole.Host);
        r.Require("host.data.advertise", !isHost || !s.Host.DataAdvertise.IsWildcard,
            $"{s.Host.DataAdvertise} is no address that another host could connect to: set it to this host's " +
            "own address and port (its default is host.data.listen)", "node.roles");
        r.Require("host.disks.shared", s.Host.Disks.SharedDirectory.Length == 0
            || !string.Equals(s.Host.Disks.SharedDirectory, s.Host.Disks.LocalDirectory, StringComparison.Ordinal),
            "is host.disks.local too: a file in both would be copied and shared at once", "host.disks.local");
        r.Require("host.network.namespace", !isHost || s.Host.Network.Place.Namespace is null
            || s.Host.Hypervisor != HypervisorKind.Qemu,
            "is for the embedded hypervisor only: QEMU opens its TAPs where the node runs, so run the node itself in that " +
            "namespace ('ip netns exec') and leave this empty", "host.hypervisor");
        r.Require("host.data.listen", !isHost || !s.Node.Roles.Contains(NodeRole.Coordinator)
            || !s.Host.DataListen.Clashes(s.Coordinator.Listen),
            "is the same port as coordinator.listen, and this node has both roles: choose another port",
            "coordinator.listen", "node.roles");
    }

    private static TimeSpan Ms(int n) => TimeSpan.FromMilliseconds(n);

    // The kernel's names have 15 characters at most, see Limits.Link.CongestionNameMax.
    [GeneratedRegex("^[a-z0-9_-]{1,15}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex CongestionName();

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex DnsLabel();
}
