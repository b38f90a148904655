using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers.Disks;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// The disks of a QEMU. Its own copying (jobs) is not used for rounds: <c>blockdev-mirror</c> takes no bitmap, and
/// <c>blockdev-backup</c> puts itself before the guest's writes, so that a link which stalls holds the guest up, and one
/// which is cut gives it input/output errors. An export for reading stands in nobody's way. <c>blockdev-mirror</c> passes
/// writes on where that is asked for, to a server of ours (<see cref="QemuMirror"/>).
/// </summary>
internal sealed class QemuDisks(QemuMonitors monitors, QemuExportWatch exports, string socketPath, TimeProvider time)
    : IMachineDisks
{
    private readonly ConcurrentDictionary<DiskId, bool> _holdsBitmaps = new();

    /// <summary>The block node of a disk.</summary>
    public static string NodeOf(DiskId disk) => $"disk-{disk}";

    /// <summary>The node of its file.</summary>
    public static string FileNodeOf(DiskId disk) => $"file-{disk}";

    /// <summary>Its device.</summary>
    public static string DeviceOf(DiskId disk) => $"dev-{disk}";

    private readonly QemuMirror _mirror = new(monitors, exports, time);

    /// <inheritdoc/>
    public string SocketPath => socketPath;

    /// <inheritdoc/>
    public Task MirrorAsync(DiskId disk, string socketPath, CancellationToken cancellation) =>
        _mirror.StartAsync(disk, socketPath, cancellation);

    /// <inheritdoc/>
    public Task<bool> EndMirrorAsync(DiskId disk, bool inOrder, CancellationToken cancellation) =>
        _mirror.EndAsync(disk, inOrder, cancellation);

    /// <inheritdoc/>
    public async Task ExportAsync(IReadOnlyCollection<DiskId> disks, CancellationToken cancellation)
    {
        await ServeAsync(cancellation);
        foreach (var disk in disks)
        {
            var name = disk.Value;
            if ((await ExportsAsync(cancellation)).Any(e => string.Equals(e.Id, name, StringComparison.Ordinal)))
                continue;
            await AddAsync(disk, name, isWritable: true, bitmap: null, cancellation);
        }
    }

    /// <inheritdoc/>
    public async Task CloseExportsAsync(CancellationToken cancellation)
    {
        foreach (var export in await ExportsAsync(cancellation))
            await WithdrawAsync(export.Id, cancellation);
        try
        {
            await monitors.ExecuteAsync("nbd-server-stop", null, cancellation);
        }
        catch (HypervisorException e) when (Says(e, "not running"))
        {
            // Nothing was exported since its start, or it was stopped already.
        }
    }

    /// <inheritdoc/>
    public async Task OfferAsync(DiskId disk, string export, string? bitmap, CancellationToken cancellation)
    {
        await ServeAsync(cancellation);
        await AddAsync(disk, export, isWritable: false, bitmap, cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> OffersAsync(DiskId disk, CancellationToken cancellation) =>
        [.. (await ExportsAsync(cancellation))
            .Where(e => string.Equals(e.Node, NodeOf(disk), StringComparison.Ordinal)).Select(e => e.Id)];

    /// <inheritdoc/>
    public async Task WithdrawAsync(string export, CancellationToken cancellation)
    {
        var gone = exports.Gone(export);
        try
        {
            await monitors.ExecuteAsync(
                "block-export-del", new JsonObject { ["id"] = export, ["mode"] = "hard" }, cancellation);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.Refused)
        {
            // Gone already, or going: the list tells.
        }

        try
        {
            if (await IsThereAsync(export, cancellation))
            {
                await gone.WaitAsync(TimeSpan.FromMilliseconds(Limits.Disks.ExportGoneMs), time, cancellation);
            }
        }
        catch (TimeoutException e)
        {
            // Its event may have been lost among too many.
            if (await IsThereAsync(export, cancellation))
            {
                throw new HypervisorException(
                    HypervisorFault.NoAnswer, $"The export '{export}' is still there after {Limits.Disks.ExportGoneMs} ms.", e);
            }
        }
        finally
        {
            exports.Forget(export);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DiskBitmap>> BitmapsAsync(DiskId disk, CancellationToken cancellation) =>
        QemuBlockNode.Read(await NodesAsync(cancellation), NodeOf(disk)).Bitmaps;

    /// <inheritdoc/>
    public async Task ChangeBitmapsAsync(
        DiskId disk, IReadOnlyList<BitmapChange> changes, CancellationToken cancellation)
    {
        var node = NodeOf(disk);
        if (!_holdsBitmaps.TryGetValue(disk, out var isPersistent))
            _holdsBitmaps[disk] = isPersistent = QemuBlockNode.Read(await NodesAsync(cancellation), node).HoldsBitmaps;
        var actions = changes.Select(c => (JsonNode)ActionOf(c, node, isPersistent)).ToArray();
        await monitors.ExecuteAsync("transaction", new JsonObject { ["actions"] = new JsonArray(actions) }, cancellation);
    }

    /// <inheritdoc/>
    public Task ThrottleWritesAsync(DiskId disk, long bytesPerSecond, CancellationToken cancellation) =>
        monitors.ExecuteAsync(
            "block_set_io_throttle",
            new JsonObject
            {
                // The device is a proxy; its other half holds the disk.
                ["id"] = $"/machine/peripheral/{DeviceOf(disk)}/virtio-backend",
                ["bps"] = 0,
                ["bps_rd"] = 0,
                ["bps_wr"] = bytesPerSecond,
                ["iops"] = 0,
                ["iops_rd"] = 0,
                ["iops_wr"] = 0,
            },
            cancellation);

    private async Task ServeAsync(CancellationToken cancellation)
    {
        var address = new JsonObject { ["type"] = "unix", ["data"] = new JsonObject { ["path"] = socketPath } };
        try
        {
            await monitors.ExecuteAsync(
                "nbd-server-start",
                new JsonObject { ["addr"] = address, ["max-connections"] = Limits.Disks.NbdConnectionsMax },
                cancellation);
        }
        catch (HypervisorException e) when (Says(e, "already running"))
        {
            // Another disk's copy started it, or an agent before this one. It is always the same socket.
        }
    }

    private Task AddAsync(DiskId disk, string name, bool isWritable, string? bitmap, CancellationToken cancellation)
    {
        var export = new JsonObject
        {
            ["type"] = "nbd",
            ["id"] = name,
            ["node-name"] = NodeOf(disk),
            ["name"] = name,
            ["writable"] = isWritable,
        };
        if (bitmap is not null)
            export["bitmaps"] = new JsonArray(bitmap);
        return monitors.ExecuteAsync("block-export-add", export, cancellation);
    }

    private static JsonObject ActionOf(BitmapChange change, string node, bool isPersistent)
    {
        var data = new JsonObject { ["node"] = node };
        data[change is BitmapChange.Merge ? "target" : "name"] = change.Name;
        switch (change)
        {
            case BitmapChange.Add add:
                data["disabled"] = !add.IsRecording;
                data["granularity"] = add.GranularityBytes;
                data["persistent"] = isPersistent;
                return Action("block-dirty-bitmap-add", data);
            case BitmapChange.Merge merge:
                data["bitmaps"] = new JsonArray(merge.From);
                return Action("block-dirty-bitmap-merge", data);
            case BitmapChange.Clear:
                return Action("block-dirty-bitmap-clear", data);
            case BitmapChange.Remove:
                return Action("block-dirty-bitmap-remove", data);
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, "not a change");
        }
    }

    private static JsonObject Action(string type, JsonObject data) => new() { ["type"] = type, ["data"] = data };

    private Task<JsonElement> NodesAsync(CancellationToken cancellation) =>
        monitors.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true }, cancellation);

    private async Task<IReadOnlyList<QemuExport>> ExportsAsync(CancellationToken cancellation) =>
        QemuExport.Read(await monitors.ExecuteAsync("query-block-exports", null, cancellation));

    private async Task<bool> IsThereAsync(string export, CancellationToken cancellation) =>
        (await ExportsAsync(cancellation)).Any(e => string.Equals(e.Id, export, StringComparison.Ordinal));

    private static bool Says(HypervisorException e, string words) =>
        e.Fault == HypervisorFault.Refused && e.Message.Contains(words, StringComparison.Ordinal);
}
