using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers.Qemu;
using Fabric.Drivers.Qmp;

namespace Fabric.Lab.Tests.Migration;

/// <summary>Asks the QEMU of a host, which is somebody else's, at its observer monitor.</summary>
internal static class MachineQuestions
{
    /// <summary>One command at the only living QEMU of a host.</summary>
    public static async Task<JsonElement> AskAsync(LabFabric fabric, string host, string command, JsonObject? arguments = null)
    {
        var directory = new QemuDirectory(fabric.LivingMachines(host).Single());
        await using var monitor = await QmpClient.ConnectAsync(
            directory.ObserverMonitor, new QmpOptions { CommandTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System,
            default);
        return await monitor.ExecuteAsync(command, arguments);
    }

    /// <summary>Its jobs, and the nodes that one needs.</summary>
    public static async Task<IReadOnlyList<string>> MirrorsAsync(LabFabric fabric, string host)
    {
        var jobs = await AskAsync(fabric, host, "query-jobs");
        var nodes = await AskAsync(fabric, host, "query-named-block-nodes", new JsonObject { ["flat"] = true });
        return
        [
            .. jobs.EnumerateArray().Select(j => j.GetProperty("id").GetString()!),
            .. nodes.EnumerateArray().Select(n => n.GetProperty("drv").GetString()!).Where(d => d is "nbd" or "mirror_top"),
        ];
    }

    /// <summary>What the guest may write in a second; 0 is all it likes.</summary>
    public static async Task<long> WriteLimitAsync(LabFabric fabric, string host) =>
        (await AskAsync(fabric, host, "query-block")).EnumerateArray()
            .Where(b => b.TryGetProperty("inserted", out _))
            .Max(b => b.GetProperty("inserted").GetProperty("bps_wr").GetInt64());
}
