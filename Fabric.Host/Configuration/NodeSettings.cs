using Fabric.Protocol;
using Fabric.Host.Hocon;

namespace Fabric.Host.Configuration;

/// <summary>Everything a node is told at its start. What each key means, and why, is in HOCON/reference.conf.</summary>
public sealed record NodeSettings(
    NodeIdentity Node,
    TlsSettings Tls,
    CoordinatorSettings Coordinator,
    HostSettings Host,
    LinkSettings Link,
    DataLinkSettings DataLink,
    MigrationSettings Migration,
    PageWorkSettings PageWork,
    PageStoreSettings PageStore,
    SiteMap Sites,
    FaultSettings Faults,
    LogSettings Log)
{
    /// <summary>The top-level key of all settings.</summary>
    public const string Root = "fabric";

    /// <param name="path">The user's file; the defaults lie under it.</param>
    /// <param name="environment">Answers substitutions that no file defines.</param>
    /// <exception cref="SettingsException">With every error of the file.</exception>
    public static NodeSettings Load(string path, Func<string, string?> environment)
    {
        HoconObject root;
        try
        {
            root = HoconDocument.FromFile(path).WithFallback(ReferenceConf.Document()).Resolve(environment);
        }
        catch (HoconException e)
        {
            throw new SettingsException([new SettingsError(e.Origin.File, e.Origin.Line, e.KeyPath ?? "", e.Problem)]);
        }

        var reader = new SettingsReader(root, Root, Path.GetFullPath(path));
        var settings = NodeSettingsBinder.Read(reader);
        return reader.Errors.Count == 0 ? settings : throw new SettingsException(reader.Errors);
    }
}

/// <summary>Who this node is.</summary>
public sealed record NodeIdentity(string Name, string StateDirectory, IReadOnlySet<NodeRole> Roles);

/// <summary>PEM files for mutual TLS, on every connection between nodes.</summary>
public sealed record TlsSettings(string CaFile, string CertificateFile, string KeyFile);

public sealed record CoordinatorSettings(Endpoint Listen, Uri Url, long RequestBodyBytesMax);

/// <summary>A memory limit of 0 means what the machine has available.</summary>
public sealed record HostSettings(
    Endpoint DataListen, Endpoint DataAdvertise, long MemoryLimitBytes, int MigrationsMax, HypervisorKind Hypervisor,
    QemuSettings Qemu, long BandwidthBytesPerSecondMax, DiskSettings Disks, NetworkSettings Network);

public sealed record QemuSettings(
    string Binary, IReadOnlyList<string> FirmwareDirectories, QemuAccelerator Accelerator);

/// <summary>Directories of the VMs' disks; one of "" means that this host takes no disk of that place.</summary>
public sealed record DiskSettings(string LocalDirectory, string SharedDirectory, string QemuImg);

/// <summary>What the moves of VMs' networks need of this host.</summary>
/// <param name="Place">Where its interfaces are.</param>
/// <param name="NotesDirectory">Where it keeps what was before.</param>
/// <param name="DnsKeys">Files with secrets of DNS keys, by the key's name.</param>
/// <param name="Routers">Namespaces of this machine whose routes it looks after too.</param>
public sealed record NetworkSettings(
    NetworkPlace Place, string NotesDirectory, IReadOnlyDictionary<string, string> DnsKeys,
    IReadOnlyList<RouterSettings> Routers);

/// <summary>A router in a namespace of this machine.</summary>
/// <param name="Namespace">A name, or a path.</param>
/// <param name="Via">Its next hops towards hosts that are not its neighbours.</param>
public sealed record RouterSettings(string Namespace, IReadOnlyDictionary<HostId, HostAddress> Via);

public sealed record LinkSettings(TimeSpan Heartbeat, TimeSpan DeadAfter, TimeSpan ReconnectMin, TimeSpan ReconnectMax);

/// <summary>Between hosts, for the bytes of machines. A time of 0 switches it off.</summary>
public sealed record DataLinkSettings(int Connections, TimeSpan Heartbeat, TimeSpan ReconnectFor, string Congestion);

/// <summary>A bandwidth of 0 means unlimited.</summary>
public sealed record MigrationSettings(
    int AttemptsMax,
    TimeSpan Deadline,
    TimeSpan DowntimeLimit,
    long BandwidthBytesPerSecondMax,
    TimeSpan SwitchoverTimeout,
    TimeSpan HostReturnTimeout,
    TimeSpan FenceWait,
    TimeSpan OrderRetry,
    TimeSpan AttemptBackOff,
    long BandwidthBytesPerSecondMin,
    ConvergencePolicy Policy,
    long DiskWritesBytesPerSecondMin,
    DiskCopyMode DiskCopy);

/// <summary>A level of null is chosen while it runs.</summary>
public sealed record PageWorkSettings(
    PageWorkMode Mode, IReadOnlyList<PageWorkKind> Kinds, int? Level, long DeltaCacheBytes);

/// <summary>A quota of 0 means no store.</summary>
public sealed record PageStoreSettings(string Directory, long QuotaBytes, bool Keep);

public sealed record FaultSettings(FaultStage HoldAt, TimeSpan HoldTimeout);

public sealed record LogSettings(LogThreshold Level);
