using System.Net;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults.Sites;

namespace Fabric.Host.Bench.Sites;

/// <summary>The lab's client, which downloads from a guest while it moves.</summary>
internal sealed class SiteClient(SitesLab lab, IPEndPoint server, TimeProvider time)
{
    private const int KiBPerSecond = 256;
    private static readonly TimeSpan FlowsWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UsualFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFor = TimeSpan.FromSeconds(1);

    /// <summary>A download that flows, and has been watched for a while; what comes now is the move's.</summary>
    public async Task<Download> BeginAsync(CancellationToken cancellation)
    {
        var download = await Download.StartAsync(lab.ClientPlace, server, KiBPerSecond, time, cancellation);
        try
        {
            await download.Flows.WaitAsync(FlowsWithin, time, cancellation);
            await Task.Delay(UsualFor, time, cancellation);
            download.Mark();
            return download;
        }
        catch
        {
            await download.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it saw until a moment after the move.</summary>
    public async Task<DownloadReport> EndAsync(Download download, CancellationToken cancellation)
    {
        await Task.Delay(AfterFor, time, cancellation);
        return download.Report();
    }
}
