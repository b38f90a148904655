using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>
/// An actor whose state is the fold of its stream: recover, decide, persist, run effects, answer. The state moves
/// only after the append is durable. When an append met another writer, or nobody knows whether it was written,
/// this incarnation ends, whatever the handler does with the exception: its picture of the stream may be wrong, and
/// the next incarnation reads the truth from the journal.
/// </summary>
public abstract class PersistentActor<TState, TEvent>(IJournal journal) : Actor
    where TEvent : class
{
    private TState? _state;
    private bool _recovered;
    private bool _appending;
    private Exception? _lost;

    protected abstract StreamId PersistenceId { get; }

    /// <summary>Before the first event. A method's result and not a shared object: restarts begin here again.</summary>
    protected abstract TState InitialState { get; }

    protected TState State => _recovered
        ? _state!
        : throw new InvalidOperationException($"{PersistenceId} is not recovered yet.");

    /// <summary>Version of the last event that <see cref="State"/> holds; zero before the first.</summary>
    protected long Version { get; private set; }

    protected virtual TimeSpan RecoveryTimeout => TimeSpan.FromMilliseconds(Limits.Actors.RecoveryTimeoutMs);

    protected virtual TimeSpan AppendTimeout => TimeSpan.FromMilliseconds(Limits.Actors.AppendTimeoutMs);

    /// <summary>Pure. Throws when the event cannot follow this state (a commit before its prepare).</summary>
    protected abstract TState Evolve(TState state, TEvent @event);

    /// <summary>
    /// Whether the event belongs in the journal. One that does not only evolves the state, in its place.
    /// </summary>
    protected virtual bool IsDurable(TEvent @event) => true;

    /// <summary>After the replay and before the first message: take up the effects that were open.</summary>
    protected virtual ValueTask RecoveredAsync() => ValueTask.CompletedTask;

    protected sealed override async ValueTask PreStart()
    {
        try
        {
            await ReplayAsync();
        }
        catch (Exception exception)
        {
            Context.System.Log.RecoveryFailed(Self.Path, PersistenceId, exception);
            Context.System.EventStream.Publish(new RecoveryFailed(Self.Path, PersistenceId, exception));
            // A journal that cannot be read just now says nothing about the stream: read it again later.
            if (Rereads && exception is (JournalUnavailableException or TimeoutException))
                Retire(exception);
            throw new RecoveryFailedException(PersistenceId, Version, exception);
        }

        await RecoveredAsync();
    }

    protected Task PersistAsync(TEvent @event) => PersistAsync([@event]);

    /// <summary>
    /// Appends the durable events, and what <paramref name="also"/> holds for other streams, in one transaction; then
    /// evolves.
    /// </summary>
    /// <exception cref="JournalConflictException">Another writer was there; this actor stops.</exception>
    /// <exception cref="JournalUnavailableException">Not written, or unknown (see its Outcome); this actor
    /// stops.</exception>
    /// <exception cref="EventRejectedException">The event itself is not writable; nothing happened, the actor goes
    /// on.</exception>
    protected async Task PersistAsync(
        IReadOnlyList<TEvent> events, IReadOnlyList<StreamAppend>? also = null)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (_lost is not null)
            throw new InvalidOperationException($"{PersistenceId} lost touch with its journal and is stopping.", _lost);
        if (_appending)
            throw new InvalidOperationException($"{PersistenceId}: await one PersistAsync before the next.");
        // Evolve is pure, so it can say beforehand that an event does not fit; such an event is never written.
        var next = events.Aggregate(State, Evolve);
        object[] durable = [.. events.Where(IsDurable)];
        if (durable.Length == 0 && also is not { Count: > 0 })
        {
            _state = next;
            return;
        }

        _appending = true;
        try
        {
            await AppendAsync([new StreamAppend(PersistenceId, Version, durable), .. also ?? []]);
            _state = next;
            Version += durable.Length;
        }
        catch (Exception exception) when (exception is not (EventRejectedException or ArgumentException))
        {
            Lose(exception);
            throw;
        }
        finally
        {
            _appending = false;
        }
    }

    /// <summary>
    /// Looks whether another writer was there. Who only waits appends nothing, and would never meet it. A journal that
    /// cannot be read just now says nothing; the next look will.
    /// </summary>
    /// <exception cref="JournalConflictException">Another writer was there; this actor stops, as at an append.</exception>
    protected async Task ReadOnAsync()
    {
        using var late = new CancellationTokenSource();
        var events = journal.ReadAsync(PersistenceId, Version + 1, late.Token).GetAsyncEnumerator(late.Token);
        try
        {
            if (await NextAsync(events, late))
            {
                var overtaken = new JournalConflictException(PersistenceId, Version, events.Current.Version);
                Lose(overtaken);
                throw overtaken;
            }

            await events.DisposeAsync();
        }
        catch (Exception exception) when (exception is JournalUnavailableException or TimeoutException)
        {
            Context.System.Log.LookFailed(Self.Path, PersistenceId, exception);
        }
    }

    private void Lose(Exception exception)
    {
        _lost = exception;
        Retire(exception);
        Context.System.EventStream.Publish(new WriterStopped(Self.Path, PersistenceId, exception));
    }

    private async Task<AppendResult> AppendAsync(IReadOnlyList<StreamAppend> appends)
    {
        try
        {
            return await journal.AppendAsync(appends, CancellationToken.None)
                .WaitAsync(AppendTimeout, Context.System.Time);
        }
        catch (TimeoutException exception)
        {
            throw new JournalUnavailableException(
                JournalFault.TimedOut, AppendOutcome.Unknown,
                $"no answer within {AppendTimeout.TotalSeconds:0} s", exception);
        }
    }

    private async Task ReplayAsync()
    {
        using var late = new CancellationTokenSource();
        var state = InitialState;
        var events = journal.ReadAsync(PersistenceId, 1, late.Token).GetAsyncEnumerator(late.Token);
        while (await NextAsync(events, late))
        {
            state = Apply(state, events.Current);
            Version = events.Current.Version;
        }

        await events.DisposeAsync();
        _state = state;
        _recovered = true;
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<RecordedEvent> events, CancellationTokenSource late)
    {
        try
        {
            return await events.MoveNextAsync().AsTask().WaitAsync(RecoveryTimeout, Context.System.Time);
        }
        catch (TimeoutException)
        {
            // The read still hangs and cannot be disposed of before it ends; the token ends it if anything can.
            Cancel(late);
            throw;
        }
    }

    // CancelAsync would go through the thread pool and leave the lane.
    private static void Cancel(CancellationTokenSource source) => source.Cancel();

    private TState Apply(TState state, RecordedEvent recorded)
    {
        if (recorded.Version != Version + 1)
            throw new CorruptEventException(PersistenceId, recorded.Version, $"it follows version {Version}");
        if (recorded.Event is not TEvent @event)
            throw new CorruptEventException(
                PersistenceId, recorded.Version, $"{recorded.Name} is not an event of this kind of actor");
        try
        {
            return Evolve(state, @event);
        }
        catch (Exception exception)
        {
            throw new CorruptEventException(
                PersistenceId, recorded.Version, $"{recorded.Name} cannot follow what stands before it", exception);
        }
    }
}
