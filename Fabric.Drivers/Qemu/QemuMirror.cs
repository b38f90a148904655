using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// QEMU's job that passes a guest's writes on. It copies nothing of what is there (<c>sync=none</c>) and waits for the other
/// side before the guest hears of a write (<c>write-blocking</c>). When the other side fails, the job ends and the guest's
/// writes do not (<c>report</c>). It stays, when it has ended, until it is looked at, so that how it ended is known.
/// <para>
/// The other side is a socket of the agent on this host. While QEMU connects to it and greets it, nothing else of QEMU goes
/// on: that must not take a round trip of a long line.
/// </para>
/// </summary>
internal sealed class QemuMirror(QemuMonitors monitors, QemuExportWatch ends, TimeProvider time)
{
    /// <summary>The job's name, and that of the node for its other side.</summary>
    public static string NameOf(DiskId disk) => $"sync-{disk}";

    /// <summary>Begins; an unfinished one is in the way.</summary>
    public async Task StartAsync(DiskId disk, string socketPath, CancellationToken cancellation)
    {
        await monitors.ExecuteAsync(
            "blockdev-add",
            new JsonObject
            {
                ["driver"] = "nbd",
                ["node-name"] = NameOf(disk),
                ["server"] = new JsonObject { ["type"] = "unix", ["path"] = socketPath },
                ["export"] = disk.Value,
            },
            cancellation);
        await monitors.ExecuteAsync(
            "blockdev-mirror",
            new JsonObject
            {
                ["job-id"] = NameOf(disk),
                ["device"] = QemuDisks.NodeOf(disk),
                ["target"] = NameOf(disk),
                ["sync"] = "none",
                ["copy-mode"] = "write-blocking",
                ["on-target-error"] = "report",
                ["auto-dismiss"] = false,
            },
            cancellation);
    }

    /// <summary>Ends it and removes both job and node; whether it ended in order and without an error.</summary>
    public async Task<bool> EndAsync(DiskId disk, bool inOrder, CancellationToken cancellation)
    {
        var name = NameOf(disk);
        var isOver = ends.Gone(name);
        try
        {
            if (await LookAsync(name, cancellation) is { IsConcluded: false })
            {
                await TryAsync(
                    "block-job-cancel", new JsonObject { ["device"] = name, ["force"] = !inOrder }, cancellation);
                if (await LookAsync(name, cancellation) is { IsConcluded: false })
                    await WaitAsync(isOver, name, cancellation);
            }
        }
        finally
        {
            ends.Forget(name);
        }

        var end = await LookAsync(name, cancellation);
        if (end is not null)
            await TryAsync("job-dismiss", new JsonObject { ["id"] = name }, cancellation);
        await TryAsync("blockdev-del", new JsonObject { ["node-name"] = name }, cancellation);
        return inOrder && end is { IsConcluded: true, Error: null };
    }

    private async Task WaitAsync(Task isOver, string name, CancellationToken cancellation)
    {
        try
        {
            await isOver.WaitAsync(TimeSpan.FromMilliseconds(Limits.Disks.JobGoneMs), time, cancellation);
        }
        catch (TimeoutException e)
        {
            // Its event may have been lost among too many.
            if (await LookAsync(name, cancellation) is { IsConcluded: false })
            {
                throw new HypervisorException(
                    HypervisorFault.NoAnswer, $"The job '{name}' has not ended after {Limits.Disks.JobGoneMs} ms.", e);
            }
        }
    }

    // What is gone already, or was never there, is as it should be.
    private async Task TryAsync(string command, JsonObject arguments, CancellationToken cancellation)
    {
        try
        {
            await monitors.ExecuteAsync(command, arguments, cancellation);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.Refused && IsMissing(e.Message))
        {
            // Somebody else was faster.
        }
    }

    private static bool IsMissing(string message) =>
        message.Contains("not found", StringComparison.OrdinalIgnoreCase)
        || message.Contains("Failed to find", StringComparison.OrdinalIgnoreCase)
        || message.Contains("Cannot find", StringComparison.OrdinalIgnoreCase)
        || message.Contains("concluded", StringComparison.OrdinalIgnoreCase);

    private async Task<Job?> LookAsync(string name, CancellationToken cancellation)
    {
        foreach (var job in (await monitors.ExecuteAsync("query-jobs", null, cancellation)).EnumerateArray())
        {
            if (string.Equals(job.GetProperty("id").GetString(), name, StringComparison.Ordinal))
            {
                return new Job(
                    string.Equals(job.GetProperty("status").GetString(), "concluded", StringComparison.Ordinal),
                    job.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
                        ? error.GetString()
                        : null);
            }
        }

        return null;
    }

    private sealed record Job(bool IsConcluded, string? Error);
}
