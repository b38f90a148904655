using System.Net;
using System.Net.Sockets;
using Fabric.Actors.Cluster;
using Fabric.Host.Configuration;
using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Fabric.Host.Nodes;

/// <summary>From settings to what the parts of a node take.</summary>
internal static class NodeParts
{
    /// <summary>The address to bind; names are looked up.</summary>
    public static async Task<IPEndPoint> BindAddressAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(endpoint.Host, out var address))
            return new IPEndPoint(address, endpoint.Port);
        var found = await Dns.GetHostAddressesAsync(endpoint.Host, cancellation);
        var chosen = Array.Find(found, a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        return new IPEndPoint(chosen, endpoint.Port);
    }

    /// <summary>Times of the node link.</summary>
    public static NodeLinkSettings LinkOf(LinkSettings link) => new()
    {
        PingEvery = link.Heartbeat,
        DeadAfter = link.DeadAfter,
        ReconnectMin = link.ReconnectMin,
        ReconnectMax = link.ReconnectMax,
    };

    /// <summary>What is done with pages.</summary>
    public static PageWorkOptions PageWorkOf(PageWorkSettings work) => work.Mode == PageWorkMode.Off
        ? PageWorkOptions.Off
        : new PageWorkOptions
        {
            Kinds = work.Kinds.Aggregate(PageKinds.None, (all, kind) => all | kind switch
            {
                PageWorkKind.Zero => PageKinds.Zero,
                PageWorkKind.Unchanged => PageKinds.Unchanged,
                PageWorkKind.Reference => PageKinds.Reference,
                PageWorkKind.Delta => work.DeltaCacheBytes > 0 ? PageKinds.Delta : PageKinds.None,
                _ => PageKinds.Compress,
            }),
            Level = work.Level,
            DeltaCacheBytes = work.DeltaCacheBytes,
        };

    /// <summary>Where pages are held.</summary>
    public static PageStores PageStoresOf(NodeSettings settings) => new(settings.PageStore.QuotaBytes == 0
        ? PageStoreOptions.Off
        : new PageStoreOptions
        {
            Directory = Path.GetFullPath(
                Path.Combine(settings.Node.StateDirectory, settings.PageStore.Directory)),
            QuotaBytes = settings.PageStore.QuotaBytes,
            Keep = settings.PageStore.Keep,
        });

    /// <summary>The address of the coordinator's node link.</summary>
    public static Uri LinkAddressOf(Uri coordinator) => new UriBuilder(coordinator)
    {
        Scheme = Uri.UriSchemeWss,
        Path = "/link",
    }.Uri;

    /// <summary>The stage at which a fault plan holds; null when it does not.</summary>
    public static StageKind? HoldOf(FaultStage stage) => stage switch
    {
        FaultStage.Off => null,
        FaultStage.PreMigration => StageKind.PreMigration,
        FaultStage.Reservation => StageKind.Reservation,
        FaultStage.StorageSync => StageKind.StorageSync,
        FaultStage.PreCopy => StageKind.PreCopy,
        FaultStage.StopAndCopy => StageKind.StopAndCopy,
        FaultStage.Commitment => StageKind.Commitment,
        FaultStage.Activation => StageKind.Activation,
        FaultStage.ReleasingSource => StageKind.ReleasingSource,
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "not a stage to hold at"),
    };

    /// <summary>Logs go to standard error, one line each, in UTC: standard output is for answers.</summary>
    public static ILoggerFactory Logs(LogThreshold level) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(level switch
        {
            LogThreshold.Trace => LogLevel.Trace,
            LogThreshold.Debug => LogLevel.Debug,
            LogThreshold.Info => LogLevel.Information,
            LogThreshold.Warn => LogLevel.Warning,
            LogThreshold.Error => LogLevel.Error,
            _ => throw new ArgumentOutOfRangeException(nameof(level), level, "not a level"),
        })
        .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
        .AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        })
        .Services.Configure<ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace));
}
