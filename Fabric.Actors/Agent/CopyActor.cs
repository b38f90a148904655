using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>From a copy's hands: what happened to the process of a directory.</summary>
public sealed record CopyTold(string Directory, CopyInput Input);

/// <summary>
/// The shell around <see cref="CopyMachine"/>: a host's copy of one VM. Its journal is the host's ledger. After a start
/// it looks for the process that the ledger speaks of before it obeys anything.
/// </summary>
public sealed class CopyActor(
    VmId id, IJournal ledger, ICopyHandsFactory factory, IReportSink reports, Deciders deciders)
    : PersistentActor<CopyState, CopyEvent>(ledger)
{
    private ICopyHands? _hands;
    private long? _pausedAt;
    private TimeSpan? _handOffNoted;

    /// <inheritdoc/>
    protected override StreamId PersistenceId { get; } = FabricEvents.CopyStreamOf(id);

    /// <inheritdoc/>
    protected override CopyState InitialState => NoCopy.Initial;

    /// <inheritdoc/>
    protected override CopyState Evolve(CopyState state, CopyEvent @event) => CopyEvolution.Evolve(state, @event);

    /// <inheritdoc/>
    protected override bool IsDurable(CopyEvent @event) => @event is not CopySight;

    /// <inheritdoc/>
    protected override async ValueTask RecoveredAsync()
    {
        var (self, stopping) = (Self, Context.Stopping);
        _hands = factory.Create(
            id,
            async (directory, input) => await self.TellAsync(
                new CopyTold(directory, input), cancellationToken: stopping),
            report => reports.TrySend(report));
        if (State is not HeldCopy held)
            return;
        await StepAsync(new CopyRecovered(await _hands.RecoverAsync(held)));
        await StepAsync(new LinkCameUp());
    }

    /// <inheritdoc/>
    protected override async ValueTask PostStop()
    {
        if (_hands is not null)
            await _hands.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            case CopyInput input:
                return StepAsync(input);
            case CopyTold told:
                // Late word of a process that the ledger has done with must not be taken for news of its successor.
                return State is HeldCopy held && string.Equals(held.Directory, told.Directory, StringComparison.Ordinal)
                    ? StepAsync(told.Input)
                    : ValueTask.CompletedTask;
            case Wake:
                return ValueTask.CompletedTask;
            case Describe:
                Sender.Tell(State);
                return ValueTask.CompletedTask;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a copy");
        }
    }

    private async ValueTask StepAsync(CopyInput input)
    {
        var decision = deciders.Copy(State, input);
        var time = Context.System.Time;
        var began = time.GetTimestamp();
        await PersistAsync(decision.Events);
        var noted = time.GetElapsedTime(began);
        NoticePause(input, time);
        if (decision.Events.Any(static e => e is HandOffNoted))
            _handOffNoted = noted;
        else if (State is not OutgoingCopy)
            _handOffNoted = null;
        foreach (var effect in decision.Effects)
        {
            if (effect is SendReport send)
                reports.TrySend(WithOwnTimes(send.Report, time));
            else
                _hands!.Run(effect, noted);
        }
    }

    // What an agent finds paused after its own restart has stood for it knows not how long, and it says nothing.
    private void NoticePause(CopyInput input, TimeProvider time)
    {
        if (State is not OutgoingCopy { Phase: OutgoingPhase.Paused or OutgoingPhase.HandedOff })
            _pausedAt = null;
        else if (input is not CopyRecovered)
            _pausedAt ??= time.GetTimestamp();
    }

    private Report WithOwnTimes(Report report, TimeProvider time) =>
        _pausedAt is { } since && report is SourceReport { View: SourceView.Paused or SourceView.HandedOff } source
            ? source with
            {
                PausedForMs = (long)time.GetElapsedTime(since).TotalMilliseconds,
                HandOff = source.HandOff is { } times && _handOffNoted is { } noted
                    ? times with { NoteMs = noted.TotalMilliseconds }
                    : source.HandOff,
            }
            : report;
}
