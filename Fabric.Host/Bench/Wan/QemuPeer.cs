using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Drivers.Qmp;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Guest;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Wan;

/// <summary>One QEMU of a comparison, driven as an operator without a fabric would: over its own monitor.</summary>
internal sealed class QemuPeer : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LookEveryInPause = TimeSpan.FromMilliseconds(2);

    private readonly IMachine _machine;
    private readonly QemuDirectory _files;
    private readonly QmpClient _monitor;
    private readonly ConsoleTail _console;
    private readonly TimeProvider _time;

    private QemuPeer(IMachine machine, QemuDirectory files, QmpClient monitor, TimeProvider time)
    {
        (_machine, _files, _monitor, _time) = (machine, files, monitor, time);
        _console = new ConsoleTail(files.ConsoleLog);
    }

    /// <summary>Its process.</summary>
    public int ProcessId => _machine.ProcessId;

    /// <summary>Starts it; its vCPUs stand.</summary>
    public static async Task<QemuPeer> StartAsync(
        IHypervisor hypervisor, VmSpec spec, StartMode mode, string directory, TimeProvider time,
        CancellationToken cancellation)
    {
        var machine = await hypervisor.StartAsync(spec, mode, directory, cancellation);
        try
        {
            var files = new QemuDirectory(directory);
            var monitor = await QmpClient.ConnectAsync(files.ObserverMonitor, new QmpOptions(), time, cancellation);
            return new QemuPeer(machine, files, monitor, time);
        }
        catch
        {
            await machine.KillAsync(CancellationToken.None);
            await machine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks its monitor.</summary>
    public Task<JsonElement> AskAsync(
        string command, CancellationToken cancellation, params ReadOnlySpan<(string Name, JsonNode Value)> arguments)
    {
        var given = new JsonObject();
        foreach (var (name, value) in arguments)
            given[name] = value;
        return _monitor.ExecuteAsync(command, given, cancellation: cancellation);
    }

    /// <summary>Sets the capabilities and parameters of a way of moving.</summary>
    public async Task PrepareAsync(MoveWay way, long cacheBytes, CancellationToken cancellation)
    {
        string[] capabilities = way switch
        {
            MoveWay.QemuPlain => [],
            MoveWay.QemuXbzrle => ["xbzrle"],
            MoveWay.QemuMultifdZstd => ["multifd"],
            _ => throw new ArgumentOutOfRangeException(nameof(way), way, "not QEMU's own"),
        };
        await AskAsync("migrate-set-capabilities", cancellation, ("capabilities", new JsonArray(
            [.. capabilities.Select(c => (JsonNode)new JsonObject { ["capability"] = c, ["state"] = true })])));
        if (way == MoveWay.QemuXbzrle)
            await AskAsync("migrate-set-parameters", cancellation, ("xbzrle-cache-size", cacheBytes));
        if (way == MoveWay.QemuMultifdZstd)
        {
            await AskAsync(
                "migrate-set-parameters", cancellation,
                ("multifd-channels", 2), ("multifd-compression", "zstd"), ("multifd-zstd-level", 1));
        }
    }

    /// <summary>The migration's status, as QEMU names it, and its answer.</summary>
    public async Task<(string Status, JsonElement Answer)> MigrationAsync(CancellationToken cancellation)
    {
        var answer = await AskAsync("query-migrate", cancellation);
        return (answer.TryGetProperty("status", out var status) ? status.GetString() ?? "none" : "none", answer);
    }

    /// <summary>Waits for its migration to have a status.</summary>
    /// <exception cref="LabException">It has failed.</exception>
    public async Task UntilMigrationAsync(string wanted, CancellationToken cancellation)
    {
        while ((await MigrationAsync(cancellation)).Status is var status
            && !string.Equals(status, wanted, StringComparison.Ordinal))
        {
            if (status is "failed" or "cancelled")
                throw new LabException($"QEMU's own migration has {status}.");
            await Task.Delay(LookEveryInPause, _time, cancellation);
        }
    }

    /// <summary>When it next tells of something, by its own clock; events before that are passed over.</summary>
    public async Task<DateTimeOffset> UntilEventAsync(string name, CancellationToken cancellation)
    {
        await foreach (var told in _monitor.Events.ReadAllAsync(cancellation))
        {
            if (string.Equals(told.Name, name, StringComparison.Ordinal) && told.At is { } at)
                return at;
        }

        throw new LabException($"QEMU ended and did not tell of {name}: {_files.LogTail()}");
    }

    /// <summary>Waits for the guest to have written so many heartbeats in this QEMU.</summary>
    public async Task UntilBeatsAsync(int count, TimeSpan within, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (true)
        {
            _console.Read(_time.GetUtcNow());
            if (_console.Heartbeats.Count >= count)
                return;
            if (_time.GetElapsedTime(began) > within)
                throw new LabException($"The guest wrote no {count} heartbeats in {within.TotalSeconds:0} s: {_files.LogTail()}");
            await Task.Delay(LookEvery, _time, cancellation);
        }
    }

    /// <summary>Nothing that the guest has said here of its memory and its disk is wrong.</summary>
    public bool IsWell
    {
        get
        {
            _console.Read(_time.GetUtcNow());
            return _console is { Last: not { Bad: > 0 }, LastAcknowledged: not ({ Bad: > 0 } or { Errors: > 0 }) };
        }
    }

    /// <summary>Has the guest check itself; true when nothing is wrong.</summary>
    public async Task<bool> IsCleanAsync(CancellationToken cancellation)
    {
        var found = await GuestSerial.VerifyAsync(_files.Serial, _time, cancellation);
        _console.Read(_time.GetUtcNow());
        return found is { Pages: > 0, Bad: 0 } && _console.Heartbeats.All(h => h.Bad == 0);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _machine.KillAsync(CancellationToken.None);
        await _machine.DisposeAsync();
    }
}
