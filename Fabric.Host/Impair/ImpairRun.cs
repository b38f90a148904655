using System.Net;
using Fabric.Host.Impair.Wire;

namespace Fabric.Host.Impair;

/// <summary>What <c>fabric impair</c> is given.</summary>
/// <param name="Listen">Where it is connected to.</param>
/// <param name="To">Where it connects on.</param>
/// <param name="Settings">What the line is like at first.</param>
/// <param name="Cuts">To come.</param>
/// <param name="Kind">What they do.</param>
/// <param name="Control">Path of the control socket; null for none.</param>
/// <param name="Seed">Of jitter and losses: the same gives the same.</param>
internal sealed record ImpairOptions(
    IPEndPoint Listen, IPEndPoint To, ImpairSettings Settings, IReadOnlyList<PlannedCut> Cuts, CutKind Kind,
    string? Control, int Seed);

/// <summary>A proxy or a wire with its control socket and its plan of cuts, until it is told to end.</summary>
internal static class ImpairRun
{
    /// <summary>Runs a proxy. Hears where it listens, and at the end what was done.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It cannot listen there.</exception>
    public static async Task RunAsync(
        ImpairOptions options, TimeProvider time, Action<int> listens, Action<ImpairCounters> ended,
        CancellationToken cancellation)
    {
        await using var proxy = TcpProxy.Start(options.Listen, options.To, options.Settings, options.Seed, time);
        await using var control = options.Control is { } path
            ? new ImpairControl(path, proxy, options.Kind, time)
            : null;
        listens(proxy.Port);
        await KeepAsync(options.Cuts, cut => proxy.Cut(cut.Length, options.Kind), time, cancellation);
        ended(proxy.Count());
    }

    /// <summary>Runs a wire. Hears when it carries frames, and at the end what was done.</summary>
    /// <exception cref="Fabric.Drivers.Network.NetworkException">An end cannot be had.</exception>
    public static async Task RunAsync(
        WireOptions options, TimeProvider time, Action carries, Action<ImpairCounters> ended,
        CancellationToken cancellation)
    {
        await using var wire = EthernetWire.Start(options.A, options.B, options.Settings, options.Seed, time);
        await using var control = options.Control is { } path
            ? new ImpairControl(path, wire, CutKind.Hold, time)
            : null;
        carries();
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var kept = KeepAsync(options.Cuts, cut => wire.Cut(cut.Length, CutKind.Hold, options.Way), time, broken.Token);
        await Task.WhenAny(kept, wire.Ended);
        await broken.CancelAsync();
        await kept;
        if (wire.Ended.IsFaulted)
            await wire.Ended;
        ended(wire.Count());
    }

    private static async Task KeepAsync(
        IReadOnlyList<PlannedCut> cuts, Action<PlannedCut> make, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            var began = time.GetTimestamp();
            foreach (var cut in cuts.OrderBy(c => c.At))
            {
                var wait = cut.At - time.GetElapsedTime(began);
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, cancellation);
                make(cut);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }
}
