using System.Net;
using Fabric.Actors.Coordination;
using Fabric.Host.Client;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>
/// Follows a migration to its outcome. A coordinator that goes away says nothing about the migration, so it is looked
/// for again, and the following goes on after the last event that was seen.
/// </summary>
internal sealed class Follower(
    Invocation run, FabricClient client, string id, FollowDisplay display, long? reconnectForMs)
{
    private const long ReconnectForMsDefault = 30_000;
    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(500);

    private long _seen;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var ended = await display.RunAsync(() => UntilEndedAsync(cancellation));
        display.Outcome(ended);
        return MigrationText.ExitCodeOf(ended);
    }

    private async Task<MigrationSummary> UntilEndedAsync(CancellationToken cancellation)
    {
        var patience = TimeSpan.FromMilliseconds(reconnectForMs ?? ReconnectForMsDefault);
        var heard = run.Cli.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await foreach (var told in client.WatchMigrationAsync(id, _seen, cancellation))
                {
                    heard = run.Cli.Time.GetTimestamp();
                    if (await TakeAsync(told, cancellation) is { } ended)
                        return ended;
                }

                throw new FabricUnknownException("The server ended the watch.");
            }
            catch (Exception e) when (e is FabricUnknownException or FabricUnreachableException
                or FabricApiException { Status: HttpStatusCode.ServiceUnavailable })
            {
                if (run.Cli.Time.GetElapsedTime(heard) >= patience)
                {
                    throw new FabricUnknownException(
                        $"{e.Message} The migration does not depend on who watches it: look again with " +
                        $"'fabric migrations show {id}'.", e);
                }

                await run.Cli.Error.WriteLineAsync($"fabric: {Output.Shown(e.Message)} Looking for it again.");
                await Task.Delay(ReconnectAfter, run.Cli.Time, cancellation);
            }
        }
    }

    /// <summary>The migration once there is an outcome, or an operator is needed.</summary>
    private async Task<MigrationSummary?> TakeAsync(WatchEvent told, CancellationToken cancellation)
    {
        display.Raw(told);
        if (told.Migration is { } migration)
        {
            display.Snapshot(migration);
            return told.Kind is "over" ? migration : null;
        }

        if (told.Transfer is { } transfer)
            display.Progress(transfer);
        else if (told.Held is { } held)
            display.Held(held);
        else if (told.Line is { } line)
            display.Line(line);
        if (told.Entry is not { } entry)
            return null;
        _seen = entry.Version;
        display.Entry(entry);
        // Rounds are many and change nothing about where it stands.
        if (IsEvent(entry, "migration.round-completed."))
            return null;
        var now = await client.GetMigrationAsync(id, cancellation);
        display.Snapshot(now);
        // By the event, not by how it stands now: what is between the two is still to be shown.
        var isHeld = now.Stage == StageKind.OnHold && now.Version == entry.Version;
        return isHeld || IsEvent(entry, "migration.ended.") ? now : null;
    }

    private static bool IsEvent(JournalEntry entry, string name) =>
        entry.Name.StartsWith(name, StringComparison.Ordinal);
}
