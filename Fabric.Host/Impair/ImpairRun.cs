using System.Net;

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

/// <summary>A proxy with its control socket and its plan of cuts, until it is told to end.</summary>
internal static class ImpairRun
{
    /// <summary>Runs it. Hears where it listens, and at the end what was done.</summary>
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
        try
        {
            var began = time.GetTimestamp();
            foreach (var cut in options.Cuts.OrderBy(c => c.At))
            {
                var wait = cut.At - time.GetElapsedTime(began);
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, cancellation);
                proxy.Cut(cut.Length, options.Kind);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            ended(proxy.Count());
        }
    }
}
