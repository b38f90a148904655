using Fabric.Actors.Journal;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>A journal as one life of a process sees it; an append at which the process dies never returns.</summary>
internal sealed class LifeJournal(
    ActorLife life, MemoryJournal journal, Func<bool> diesHere, Action<string> say) : IJournal
{
    public async Task<AppendResult> AppendAsync(
        IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default)
    {
        try
        {
            var result = await journal.AppendAsync(appends, life.Over);
            var dies = false;
            life.Guard(() => dies = diesHere());
            if (!dies && !life.IsOver)
                return result;
        }
        catch (Exception e) when (!life.IsOver && e is JournalConflictException or JournalUnavailableException)
        {
            say($"journal  not acknowledged: {Text(e)}");
            throw;
        }
        catch (OperationCanceledException) when (life.IsOver)
        {
            // It died while it waited for its turn.
        }

        return await new TaskCompletionSource<AppendResult>().Task;
    }

    public IAsyncEnumerable<RecordedEvent> ReadAsync(
        StreamId stream, long fromVersion = 1, CancellationToken cancellationToken = default) =>
        journal.ReadAsync(stream, fromVersion, cancellationToken);

    public IAsyncEnumerable<StreamInfo> ListStreamsAsync(
        string kindPrefix, CancellationToken cancellationToken = default) =>
        journal.ListStreamsAsync(kindPrefix, cancellationToken);

    private static string Text(Exception e) => e switch
    {
        JournalConflictException c => $"conflict: {c.Stream} is at {c.ActualVersion}, not {c.ExpectedVersion}",
        JournalUnavailableException { Fault: Fabric.Actors.Journal.JournalFault.Full } => "disk full",
        JournalUnavailableException { Outcome: AppendOutcome.Unknown } => "reply lost",
        _ => e.Message,
    };
}
