using Fabric.Protocol;

using System.Text.Json;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// One answer to <c>query-migrate</c>. Counters are only ever shown, so one that is missing, no number, or outside its
/// range is brought into range instead of failing the look at the state.
/// </summary>
/// <param name="Phase">Where the migration stands.</param>
/// <param name="Error">QEMU's own words, when it failed and has some.</param>
/// <param name="Ram">Counters of an outgoing migration; null when there are none.</param>
internal sealed record QemuMigration(MigrationPhase Phase, string? Error, QemuRam? Ram)
{
    /// <summary>Reads the answer; an empty object is "no migration so far".</summary>
    public static QemuMigration Read(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object)
            return new QemuMigration(MigrationPhase.Unknown, null, null);
        var ram = answer.TryGetProperty("ram", out var counters) && counters.ValueKind == JsonValueKind.Object
            ? QemuRam.Read(counters, answer)
            : null;
        var error = Text(answer, "error-desc");
        return new QemuMigration(PhaseOf(answer), error is null ? null : HypervisorText.Cut(error), ram);
    }

    // A status that is there but no text is not "no migration": nothing may be concluded from it.
    private static MigrationPhase PhaseOf(JsonElement answer)
    {
        if (!answer.TryGetProperty("status", out var status))
            return MigrationPhase.None;
        return status.ValueKind == JsonValueKind.String
            ? QemuNames.PhaseOf(status.GetString())
            : MigrationPhase.Unknown;
    }

    private static string? Text(JsonElement holder, string name) =>
        holder.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}
