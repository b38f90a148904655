namespace Fabric.Host.Faults.Truth;

/// <summary>Finds every copy of the guest on both hosts as it appears, and watches each.</summary>
internal sealed class MachineWatch : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly IReadOnlyDictionary<string, string> _directories;
    private readonly IReadOnlyList<string> _disks;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, CopyTrack> _tracks = new(StringComparer.Ordinal);
    private readonly List<Task> _observers = [];
    private readonly List<(Func<CopyTrack, bool> Wanted, TaskCompletionSource<CopyTrack> Found)> _waiting = [];
    private readonly Task _looking;

    /// <param name="directories">For each host, the directory with its copies of the guest.</param>
    /// <param name="time">For the waits.</param>
    /// <param name="disks">Directories with the guests' images, to see who writes them.</param>
    public MachineWatch(
        IReadOnlyDictionary<string, string> directories, TimeProvider time, IReadOnlyList<string>? disks = null)
    {
        (_directories, _time, _disks) = (directories, time, disks ?? []);
        _looking = Task.Run(LookAsync);
    }

    /// <summary>All copies so far.</summary>
    public IReadOnlyList<CopyTrack> Tracks
    {
        get
        {
            lock (_lock)
                return [.. _tracks.Values];
        }
    }

    /// <summary>The first copy on that host, now or later.</summary>
    public Task<CopyTrack> FirstOnAsync(string host, CancellationToken cancellation)
    {
        bool Wanted(CopyTrack t) => string.Equals(t.Host, host, StringComparison.Ordinal);
        lock (_lock)
        {
            if (_tracks.Values.FirstOrDefault(Wanted) is { } there)
                return Task.FromResult(there);
            var found = new TaskCompletionSource<CopyTrack>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((Wanted, found));
            return found.Task.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        await Task.WhenAll(_observers);
        _stop.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            while (true)
            {
                foreach (var (host, directory) in _directories)
                    LookIn(host, directory);
                foreach (var track in Tracks)
                    track.Console.Read(_time.GetUtcNow());
                await Task.Delay(LookEvery, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private void LookIn(string host, string directory)
    {
        if (!Directory.Exists(directory))
            return;
        foreach (var path in Directory.EnumerateDirectories(directory))
        {
            lock (_lock)
            {
                if (_tracks.ContainsKey(path))
                    continue;
                var track = new CopyTrack(host, path);
                _tracks.Add(path, track);
                _observers.Add(Task.Run(() => MachineObserver.RunAsync(track, _time, _stop.Token)));
                if (_disks.Count > 0)
                    _observers.Add(Task.Run(() => DiskObserver.RunAsync(track, _disks, _time, _stop.Token)));
                foreach (var (_, found) in _waiting.Where(w => w.Wanted(track)))
                    found.TrySetResult(track);
                _waiting.RemoveAll(w => w.Found.Task.IsCompleted);
            }
        }
    }
}
