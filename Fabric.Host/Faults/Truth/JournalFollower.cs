using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Truth;

/// <summary>
/// Follows one migration in the coordinator's journal file itself: what is in there is what was decided, whether or not
/// a coordinator lives to tell it.
/// </summary>
internal sealed class JournalFollower : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);

    private readonly SqliteJournalReader _journal;
    private readonly StreamId _stream;
    private readonly TimeProvider _time;
    private readonly Action<MigrationState, MigrationEvent> _happened;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<JournalLine> _lines = [];
    private readonly List<(Func<MigrationState, bool> Wanted, TaskCompletionSource Came)> _waiting = [];
    private readonly Task _following;
    private MigrationState _state = MigrationState.Initial;

    /// <param name="path">The journal's file.</param>
    /// <param name="migration">Which migration.</param>
    /// <param name="time">For the waits.</param>
    /// <param name="happened">Hears each event, and the state after it.</param>
    public JournalFollower(
        string path, MigrationId migration, TimeProvider time, Action<MigrationState, MigrationEvent> happened)
    {
        _journal = new SqliteJournalReader(new SqliteJournalOptions { Path = path }, FabricEvents.Registry);
        _stream = FabricEvents.StreamOf(migration);
        (_time, _happened) = (time, happened);
        _following = Task.Run(FollowAsync);
    }

    /// <summary>The durable stage.</summary>
    public StageKind Stage
    {
        get
        {
            lock (_lock)
                return _state.Stage.Kind;
        }
    }

    /// <summary>All that was read.</summary>
    public MigrationRecord Record
    {
        get
        {
            lock (_lock)
                return new MigrationRecord([.. _lines]);
        }
    }

    /// <summary>Completes when the migration is, or has been, in a state like this.</summary>
    public Task UntilAsync(Func<MigrationState, bool> wanted, CancellationToken cancellation)
    {
        lock (_lock)
        {
            var state = MigrationState.Initial;
            foreach (var line in _lines)
            {
                state = MigrationEvolution.Evolve(state, line.Event);
                if (wanted(state))
                    return Task.CompletedTask;
            }

            var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, came));
            return came.Task.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _following;
        _journal.Dispose();
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        try
        {
            while (true)
            {
                await ReadAsync();
                await Task.Delay(LookEvery, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over.
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var recorded in _journal.ReadAsync(_stream, _lines.Count + 1, _stop.Token))
                Take((MigrationEvent)recorded.Event, recorded.RecordedAt);
        }
        catch (JournalUnavailableException)
        {
            // The file is being made, or taken up after a crash.
        }
    }

    private void Take(MigrationEvent happened, DateTimeOffset at)
    {
        MigrationState state;
        lock (_lock)
        {
            state = _state = MigrationEvolution.Evolve(_state, happened);
            _lines.Add(new JournalLine(happened, at));
            foreach (var (_, came) in _waiting.Where(w => w.Wanted(state)))
                came.TrySetResult();
            _waiting.RemoveAll(w => w.Came.Task.IsCompleted);
        }

        _happened(state, happened);
    }
}
