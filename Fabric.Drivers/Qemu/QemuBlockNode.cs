using System.Text.Json;
using Fabric.Drivers.Disks;

namespace Fabric.Drivers.Qemu;

/// <summary>What <c>query-named-block-nodes</c> says of one node.</summary>
/// <param name="HoldsBitmaps">Its format can keep bitmaps in the file: qcow2 alone.</param>
/// <param name="Bitmaps">Its bitmaps.</param>
internal sealed record QemuBlockNode(bool HoldsBitmaps, IReadOnlyList<DiskBitmap> Bitmaps)
{
    /// <summary>Finds the node.</summary>
    /// <exception cref="HypervisorException">It is not there, or the answer is something else.</exception>
    public static QemuBlockNode Read(JsonElement answer, string name)
    {
        try
        {
            foreach (var node in answer.EnumerateArray())
            {
                if (!node.TryGetProperty("node-name", out var found) || !found.ValueEquals(name))
                    continue;
                var isQcow2 = node.TryGetProperty("drv", out var driver) && driver.ValueEquals("qcow2");
                return new QemuBlockNode(
                    isQcow2,
                    node.TryGetProperty("dirty-bitmaps", out var bitmaps)
                        ? [.. bitmaps.EnumerateArray().Where(b => b.TryGetProperty("name", out _)).Select(BitmapOf)]
                        : []);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new HypervisorException(
                HypervisorFault.BadMonitor, $"'query-named-block-nodes' was answered with something else: {e.Message}", e);
        }

        throw new HypervisorException(HypervisorFault.Refused, $"The machine has no block node '{name}'.");
    }

    private static DiskBitmap BitmapOf(JsonElement bitmap) => new(
        bitmap.GetProperty("name").GetString()!,
        bitmap.GetProperty("count").GetInt64(),
        bitmap.TryGetProperty("recording", out var recording) && recording.GetBoolean(),
        bitmap.TryGetProperty("inconsistent", out var inconsistent) && inconsistent.GetBoolean());
}

/// <summary>One of <c>query-block-exports</c>.</summary>
internal sealed record QemuExport(string Id, string Node)
{
    /// <summary>All that are not being taken away already.</summary>
    public static IReadOnlyList<QemuExport> Read(JsonElement answer)
    {
        try
        {
            return [.. answer.EnumerateArray().Select(e =>
                new QemuExport(e.GetProperty("id").GetString()!, e.GetProperty("node-name").GetString()!))];
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException)
        {
            throw new HypervisorException(
                HypervisorFault.BadMonitor, $"'query-block-exports' was answered with something else: {e.Message}", e);
        }
    }
}
