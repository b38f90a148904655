using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Migration capabilities, the same on both sides. Whatever is not in the list here is turned off: multifd, xbzrle,
/// compression and their like would change the stream that the relay reads.
/// </summary>
internal static class QemuCapabilities
{
    // Without 'events' no phase is ever told; it is off by default.
    private static readonly string[] Needed = ["events", "return-path", "pause-before-switchover"];
    private static readonly string[] Wanted = ["late-block-activate"];
    private const string AutoConverge = "auto-converge";

    /// <summary>Sets them.</summary>
    /// <param name="monitors">Of the process.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="mayThrottle">The guest may be slowed.</param>
    /// <exception cref="HypervisorException">
    /// A needed one is unknown to this QEMU, or a migration is under way.
    /// </exception>
    public static async Task SetAsync(
        QemuMonitors monitors, CancellationToken cancellation, bool mayThrottle = false)
    {
        var known = Read(await monitors.ExecuteAsync("query-migrate-capabilities", null, cancellation));
        if (Needed.Where(name => !known.ContainsKey(name)).ToList() is { Count: > 0 } missing)
        {
            throw new HypervisorException(
                HypervisorFault.Refused, $"This QEMU cannot migrate as needed: it lacks {string.Join(", ", missing)}.");
        }

        var changes = known.Select(c =>
            (c.Key, Before: c.Value, After: Needed.Contains(c.Key) || Wanted.Contains(c.Key)
                || (mayThrottle && string.Equals(c.Key, AutoConverge, StringComparison.Ordinal))))
            .Where(c => c.Before != c.After)
            .Select(c => (JsonNode)new JsonObject { ["capability"] = c.Key, ["state"] = c.After })
            .ToArray();
        if (changes.Length > 0)
        {
            await monitors.ExecuteAsync(
                "migrate-set-capabilities", new JsonObject { ["capabilities"] = new JsonArray(changes) }, cancellation);
        }
    }

    private static Dictionary<string, bool> Read(JsonElement answer)
    {
        try
        {
            return answer.EnumerateArray().ToDictionary(
                c => c.GetProperty("capability").GetString()!,
                c => c.GetProperty("state").GetBoolean(),
                StringComparer.Ordinal);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new HypervisorException(
                HypervisorFault.BadMonitor,
                $"'query-migrate-capabilities' was answered with something else: {e.Message}",
                e);
        }
    }
}
