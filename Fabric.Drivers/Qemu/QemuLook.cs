using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>Looks at run state and migration.</summary>
internal static class QemuLook
{
    /// <summary>The run state alone.</summary>
    public static async Task<RunState> RunStateAsync(QemuMonitors monitors, CancellationToken cancellation)
    {
        var answer = await monitors.ExecuteAsync("query-status", null, cancellation);
        return answer.ValueKind == System.Text.Json.JsonValueKind.Object
            && answer.TryGetProperty("status", out var status)
            && status.ValueKind == System.Text.Json.JsonValueKind.String
            ? QemuNames.RunStateOf(status.GetString()!)
            : throw new HypervisorException(
                HypervisorFault.BadMonitor, "'query-status' was answered without a status.");
    }

    /// <summary>The migration alone.</summary>
    public static async Task<QemuMigration> MigrationAsync(QemuMonitors monitors, CancellationToken cancellation) =>
        QemuMigration.Read(await monitors.ExecuteAsync("query-migrate", null, cancellation));

    /// <summary>
    /// Both, fitting together. They are two questions, and the state may move between them; so the first is asked
    /// again, until it gives the same answer before and after the other.
    /// </summary>
    public static async Task<(RunState Run, QemuMigration Migration)> BothAsync(
        QemuMonitors monitors, CancellationToken cancellation)
    {
        var before = await RunStateAsync(monitors, cancellation);
        for (var tries = 1; ; tries++)
        {
            var migration = await MigrationAsync(monitors, cancellation);
            var after = await RunStateAsync(monitors, cancellation);
            if (after == before || tries == Limits.Qemu.ObserveTriesMax)
                return (after, migration);
            before = after;
        }
    }
}
