using System.Globalization;
using Fabric.Host.Impair;

namespace Fabric.Host.Faults.Lab;

/// <summary>Links of loopback nodes, each through a proxy of this process.</summary>
internal sealed class ProxiedLinks(IReadOnlyList<TcpProxy> links, string name, TimeProvider time) : ILabPart
{
    /// <inheritdoc/>
    public Task<(string What, Task Mended)> BreakAsync(FaultCase fault, Task since, CancellationToken cancellation)
    {
        var seconds = Number(fault.For.TotalSeconds);
        var mended = Task.Delay(fault.For, time, cancellation);
        return Task.FromResult(fault.Action switch
        {
            FaultAction.Cut => (
                $"reset {Number(links.Sum(l => l.Cut(fault.For)))} {name}, refused new ones for {seconds} s", mended),
            FaultAction.Stop => (Each(l => l.Stall(fault.For), $"stalled all {name} for {seconds} s"), mended),
            FaultAction.Slow => (
                Each(
                    l => l.Slow(fault.For, fault.BytesPerSecond),
                    $"slowed all {name} to {Number(fault.BytesPerSecond / 1e6)} MB/s for {seconds} s"),
                mended),
            _ => throw new ArgumentOutOfRangeException(nameof(fault), fault.Action, "not for links"),
        });
    }

    /// <inheritdoc/>
    public bool TryCutAfter(long bytes, TimeSpan length, out Task struck)
    {
        Each(l => l.CutAfter(bytes, length), "");
        struck = Task.WhenAny(links.Select(l => l.Struck));
        return true;
    }

    private string Each(Action<TcpProxy> doing, string what)
    {
        foreach (var link in links)
            doing(link);
        return what;
    }

    private static string Number(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
