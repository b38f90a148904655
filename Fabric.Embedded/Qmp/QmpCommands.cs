using System.Text.Json.Nodes;
using Fabric.Embedded.Machine;
using Fabric.Embedded.Migration;
using Fabric.Protocol;

namespace Fabric.Embedded.Qmp;

/// <summary>
/// Every command that is known here, by its name: those of QEMU that the driver and an observer use, and three of our
/// own. Each is executed under the main lock, but for those that may come out of band.
/// </summary>
internal sealed class QmpCommands
{
    private const string YankName = "yank";

    private readonly MainLock _mainLock;
    private readonly Dictionary<string, Func<QmpArguments, JsonNode>> _commands;

    /// <summary>The commands of a machine.</summary>
    /// <param name="parts">The machine.</param>
    /// <param name="migration">Its migrations.</param>
    /// <param name="name">The VM's name.</param>
    /// <param name="powerDown">Asks the guest to turn itself off.</param>
    /// <param name="quit">Ends the process.</param>
    public QmpCommands(GuestParts parts, MigrationControl migration, string name, Action powerDown, Action quit)
    {
        _mainLock = parts.MainLock;
        _commands = new Dictionary<string, Func<QmpArguments, JsonNode>>(StringComparer.Ordinal)
        {
            ["query-version"] = Plain(() => QmpText.Version()),
            ["query-name"] = Plain(() => new JsonObject { ["name"] = name }),
            ["query-status"] = Plain(() => Status(parts.Run)),
            ["query-kvm"] = Plain(() => new JsonObject { ["enabled"] = false, ["present"] = false }),
            ["query-memory-size-summary"] = Plain(() => new JsonObject
            {
                ["base-memory"] = parts.Guest.Memory.Bytes,
                ["plugged-memory"] = 0,
            }),
            ["query-commands"] = Plain(() => new JsonArray(
                [.. _commands!.Keys.Order(StringComparer.Ordinal).Select(c => (JsonNode)new JsonObject { ["name"] = c })])),
            ["cont"] = Plain(() => Done(parts.Run.Continue)),
            ["stop"] = Plain(() => Done(parts.Run.Pause)),
            ["system_powerdown"] = Plain(() => Done(powerDown)),
            ["quit"] = Plain(() => Done(quit)),
            ["query-migrate"] = Plain(() => migration.Look()),
            ["query-migrate-capabilities"] = Plain(() => migration.Capabilities()),
            ["query-migrate-parameters"] = Plain(() => migration.Parameters()),
            ["calc-dirty-rate"] = a => With(
                a, (Seconds: a.NumberOrNull("calc-time") ?? 1, Mode: a.TextOrNull("mode") ?? "page-sampling"),
                given => migration.Dirtying.Begin(given.Seconds, given.Mode)),
            ["query-dirty-rate"] = Plain(() => migration.Dirtying.Look()),
            ["migrate-set-capabilities"] = a => With(a, a.Objects("capabilities"), migration.SetCapabilities),
            ["migrate-set-parameters"] = a =>
            {
                migration.SetParameters(a);
                return new JsonObject();
            },
            ["migrate"] = a => With(a, (Uri: a.Text("uri"), Resume: a.FlagOrNull("resume")), given =>
                migration.Begin(given.Uri, given.Resume ?? false)),
            ["migrate-incoming"] = a => With(a, a.Text("uri"), migration.Await),
            ["migrate-continue"] = a => With(a, a.Text("state"), migration.ContinueSwitchover),
            ["migrate-start-postcopy"] = Plain(() => Done(migration.StartPostcopy)),
            ["migrate-pause"] = Plain(() => Done(migration.Interrupt)),
            ["migrate-recover"] = a => With(a, a.Text("uri"), migration.Recover),
            ["migrate_cancel"] = Plain(() => Done(migration.Cancel)),
            [YankName] = a => With(a, a.Objects("instances"), migration.Yank),
            ["x-fabric-operations"] = Plain(() => Operations(parts)),
            ["x-fabric-verify"] = Plain(() => Verification(parts)),
        };
    }

    /// <summary>Executes one.</summary>
    /// <exception cref="QmpRefusal">It is not known, not allowed, or refused.</exception>
    public async Task<JsonNode> ExecuteAsync(QmpRequest request, bool mayOutOfBand)
    {
        if (request.Command is "qmp_capabilities")
            throw new QmpRefusal(QmpRefusal.NotFound, "Capabilities negotiation is already complete, command ignored");
        if (!_commands.TryGetValue(request.Command, out var command))
            throw new QmpRefusal(QmpRefusal.NotFound, $"The command {Names.Shown(request.Command)} has not been found");
        if (!request.OutOfBand)
        {
            using (await _mainLock.TakeAsync())
                return command(request.Arguments);
        }

        if (!mayOutOfBand || request.Command is not YankName)
            throw QmpRefusal.Of($"The command {request.Command} does not support OOB");
        return command(request.Arguments);
    }

    // All arguments are read, and others refused, before anything is done.
    private static JsonObject With<T>(QmpArguments arguments, T given, Action<T> what)
    {
        arguments.RefuseOthers();
        what(given);
        return [];
    }

    private static Func<QmpArguments, JsonNode> Plain(Func<JsonNode> what) => arguments =>
    {
        arguments.RefuseOthers();
        return what();
    };

    private static JsonObject Done(Action what)
    {
        what();
        return [];
    }

    private static JsonObject Status(RunControl run) => new()
    {
        ["running"] = run.IsRunning,
        ["singlestep"] = false,
        ["status"] = run.State,
    };

    private static JsonObject Operations(GuestParts parts)
    {
        var (first, counts) = parts.Vcpu.Operations.Read();
        return new JsonObject
        {
            ["slot-ms"] = Limits.Guest.OperationSlotMs,
            ["first-us"] = (first - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            ["booted"] = parts.Guest.HasBooted,
            ["counts"] = new JsonArray([.. counts.Select(c => (JsonNode)c)]),
        };
    }

    // While pages are missing the guest may wait for one, and so would whoever holds the main lock.
    private static JsonObject Verification(GuestParts parts)
    {
        if (parts.Guest.Memory.Missing is not null)
            throw QmpRefusal.Of("The guest does not have all its pages yet");
        var found = parts.Vcpu.Ask(guest => guest.Verify());
        return new JsonObject { ["pages"] = found.Pages, ["bad"] = found.Bad };
    }
}
