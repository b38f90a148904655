using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;

namespace Fabric.Actors.Agent;

/// <summary>
/// Asks hosts of other sites whether they are there, as the coordinator orders, and reports each answer. An order holds for
/// a minute; who is not repeated ends.
/// </summary>
/// <param name="connect">Makes the connection for questions, within so many milliseconds.</param>
/// <param name="send">To the coordinator; what it does not take is lost.</param>
/// <param name="time">The clock.</param>
public sealed class LineWatcher(
    Func<LineWatch, int, CancellationToken, Task<ILineProbe>> connect, Func<object, bool> send, TimeProvider time)
    : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(Limits.Sites.ProbeEveryMs);
    private static readonly TimeSpan Lasts = TimeSpan.FromMilliseconds(Limits.Sites.WatchLastsMs);

    private readonly Lock _lock = new();
    private readonly Dictionary<LineWatch, Watch> _watches = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Begins to ask, or goes on for another minute. One too many is not taken: it is ordered again.</summary>
    public void Take(LineWatch watch)
    {
        lock (_lock)
        {
            if (_watches.TryGetValue(watch, out var known))
                known.TakenAt = time.GetTimestamp();
            else if (_watches.Count < Limits.Sites.WatchesMax && !_stop.IsCancellationRequested)
                Begin(watch);
        }
    }

    /// <summary>Asks no more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (_lock)
        {
            _stop.Cancel();
            running = [.. _watches.Values.Select(static w => w.Running)];
            // Ends a question that waits for its answer.
            foreach (var watch in _watches.Values)
                watch.Probe?.Dispose();
        }

        await Task.WhenAll(running);
        _stop.Dispose();
    }

    private void Begin(LineWatch watch)
    {
        var begun = new Watch { TakenAt = time.GetTimestamp() };
        _watches[watch] = begun;
        begun.Running = RunAsync(watch, begun);
    }

    private async Task RunAsync(LineWatch watch, Watch state)
    {
        // Not under the lock of who takes the order.
        await Task.Yield();
        try
        {
            while (!HasEnded(watch, state))
            {
                var began = time.GetTimestamp();
                send(await AskAsync(watch, state));
                var rest = Every - time.GetElapsedTime(began);
                if (rest > TimeSpan.Zero)
                    await Task.Delay(rest, time, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        finally
        {
            state.Probe?.Dispose();
        }
    }

    private bool HasEnded(LineWatch watch, Watch state)
    {
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested && time.GetElapsedTime(state.TakenAt) < Lasts)
                return false;
            return _watches.Remove(watch);
        }
    }

    private async Task<LineProbed> AskAsync(LineWatch watch, Watch state)
    {
        try
        {
            var timeoutMs = state.Trip?.TimeoutMs ?? 0;
            state.Probe ??= await connect(
                watch, Math.Max(Limits.Sites.ProbeDialWithinMs, (int)(Limits.Sites.ProbeDialTimeouts * timeoutMs)),
                _stop.Token);
            var answer = await state.Probe.AskAsync(
                Math.Max(Limits.Sites.ProbeWithinMs, (int)(Limits.Sites.ProbeTimeouts * timeoutMs)));
            if (answer.RoundTrip is { } trip)
                state.Trip = RoundTrip.Seen(state.Trip, trip.TotalMilliseconds);
            return new LineProbed(
                watch.Link, watch.Target, Answered: true, answer.RoundTrip?.TotalMilliseconds, answer.SegmentsSent,
                answer.SegmentsResent);
        }
        catch (LinkException e) when (e.Fault == LinkFault.Refused)
        {
            // An older version does not know the question; that it says so is an answer.
            return new LineProbed(watch.Link, watch.Target, Answered: true);
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            state.Probe?.Dispose();
            state.Probe = null;
            // Whatever it is, an endpoint that is none for instance: the next question is asked all the same.
            var problem = e is LinkException ? e.Message : $"{e.GetType().Name}: {e.Message}";
            return new LineProbed(watch.Link, watch.Target, Answered: false, Problem: Short(problem));
        }
    }

    private static string Short(string text) =>
        text.Length <= Limits.Sites.ProblemLengthMax ? text : text[..Limits.Sites.ProblemLengthMax];

    private sealed class Watch
    {
        public required long TakenAt { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;

        public ILineProbe? Probe { get; set; }

        public RoundTrip? Trip { get; set; }
    }
}
