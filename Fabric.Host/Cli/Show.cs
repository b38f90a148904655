using System.Globalization;
using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>Numbers and names for people.</summary>
internal static class Show
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(double bytes)
    {
        var unit = 0;
        while (bytes >= 1024 && unit < Units.Length - 1)
        {
            bytes /= 1024;
            unit++;
        }

        return unit == 0 ? Text($"{bytes:0} B") : Text($"{bytes:0.0} {Units[unit]}");
    }

    public static string Rate(double bytesPerSecond) => Bytes(bytesPerSecond) + "/s";

    public static string Ms(double ms) => ms switch
    {
        < 10 => Text($"{ms:0.0} ms"),
        < 10_000 => Text($"{ms:0} ms"),
        < 600_000 => Text($"{ms / 1000:0.0} s"),
        _ => Text($"{ms / 60_000:0} min"),
    };

    public static string At(DateTimeOffset? at) => at is { } t ? Text($"{t.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z") : "-";

    public static string Clock(DateTimeOffset at) => Text($"{at.UtcDateTime:HH:mm:ss.fff}");

    /// <summary>Where a migration stands, or how it ended, in a word.</summary>
    public static string Standing(MigrationSummary m) =>
        m.Outcome is { } outcome ? Text($"{outcome}") : m.Stage == StageKind.OnHold ? "held" : Stage(m.Stage);

    /// <summary>A stage as the design calls it.</summary>
    public static string Stage(StageKind stage) => stage switch
    {
        StageKind.Unstarted => "not started",
        StageKind.PreMigration => "pre-migration",
        StageKind.Reservation => "reservation",
        StageKind.StorageSync => "storage sync",
        StageKind.PreCopy => "pre-copy",
        StageKind.StopAndCopy => "stop-and-copy",
        StageKind.RollingBack => "rolling back",
        StageKind.Commitment => "commitment",
        StageKind.Activation => "activation",
        StageKind.Reversal => "reversal",
        StageKind.OnHold => "on hold",
        StageKind.ReleasingSource => "releasing the source",
        StageKind.DiscardingTarget => "discarding the target",
        StageKind.Over => "over",
        _ => throw new ArgumentOutOfRangeException(nameof(stage), stage, "not a stage"),
    };

    /// <summary>A value of a closed list, in the word in which it is written.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
