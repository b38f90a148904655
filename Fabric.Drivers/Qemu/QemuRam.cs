using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>The counters of an outgoing migration.</summary>
/// <param name="SyncCount">How often the dirty bitmap was read: the number of the round under way.</param>
/// <param name="Pages">Pages sent, zero pages included.</param>
/// <param name="TransferredBytes">Bytes sent.</param>
/// <param name="RemainingBytes">Left in this round.</param>
/// <param name="TotalBytes">Guest memory.</param>
/// <param name="PageSize">Bytes of a page.</param>
/// <param name="DirtyPagesPerSecond">The guest's dirtying rate.</param>
/// <param name="BytesPerSecond">What the path carries.</param>
/// <param name="TotalTimeMs">Since the start.</param>
/// <param name="DowntimeMs">Known once completed.</param>
internal sealed record QemuRam(
    int SyncCount,
    long Pages,
    long TransferredBytes,
    long RemainingBytes,
    long TotalBytes,
    long PageSize,
    long DirtyPagesPerSecond,
    long BytesPerSecond,
    long TotalTimeMs,
    long? DowntimeMs)
{
    private const long PageSizeUsual = 4096;

    /// <summary>Reads <c>ram</c> and, of the answer around it, the times.</summary>
    public static QemuRam Read(JsonElement ram, JsonElement answer) => new(
        (int)Math.Min(Number(ram, "dirty-sync-count"), int.MaxValue),
        Sum(Number(ram, "normal"), Number(ram, "duplicate")),
        Number(ram, "transferred"),
        Number(ram, "remaining"),
        Number(ram, "total"),
        Number(ram, "page-size") is var size and > 0 ? size : PageSizeUsual,
        Number(ram, "dirty-pages-rate"),
        Rate(ram),
        Number(answer, "total-time"),
        answer.TryGetProperty("downtime", out _) ? Number(answer, "downtime") : null);

    /// <summary>As the fabric shows it.</summary>
    public TransferProgress Progress() => new(
        SyncCount, RemainingBytes, TransferredBytes, 0, TotalBytes, DirtyPagesPerSecond, BytesPerSecond, DowntimeMs);

    private static long Sum(long first, long second) => first > long.MaxValue - second ? long.MaxValue : first + second;

    private static long Number(JsonElement holder, string name)
    {
        if (!holder.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number)
            return 0;
        if (value.TryGetInt64(out var number))
            return Math.Max(0, number);
        return value.TryGetUInt64(out _) ? long.MaxValue : 0;
    }

    private static long Rate(JsonElement ram) =>
        ram.TryGetProperty("mbps", out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetDouble(out var megabits) && megabits is > 0 and < 1e12
            ? (long)(megabits * 1e6 / 8)
            : 0;
}
