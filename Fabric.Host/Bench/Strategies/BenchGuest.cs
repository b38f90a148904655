using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers.Qmp;
using Fabric.Embedded;
using Fabric.Protocol;

namespace Fabric.Host.Bench.Strategies;

/// <summary>Operations of a guest by the slots of its own clockless log.</summary>
/// <param name="First">When the first slot begins.</param>
/// <param name="SlotMs">Its length.</param>
/// <param name="Counts">One a slot.</param>
internal sealed record OperationCounts(DateTimeOffset First, int SlotMs, int[] Counts)
{
    /// <summary>Operations in a stretch of time, by whole slots.</summary>
    public long Between(DateTimeOffset from, DateTimeOffset to)
    {
        var sum = 0L;
        for (var i = 0; i < Counts.Length; i++)
        {
            var at = First + TimeSpan.FromMilliseconds((double)i * SlotMs);
            if (at >= from && at < to)
                sum += Counts[i];
        }

        return sum;
    }
}

/// <summary>An embedded guest in this process, with a monitor.</summary>
internal sealed class BenchGuest : IAsyncDisposable
{
    // The main lock is held while the last bytes go out: all of a guest at the slowest line, and then some.
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(2);

    private readonly GuestProcess _process;
    private readonly QmpClient _monitor;

    private BenchGuest(GuestProcess process, QmpClient monitor) => (_process, _monitor) = (process, monitor);

    public static async Task<BenchGuest> StartAsync(
        string directory, string program, long memoryBytes, bool incoming, TimeProvider time,
        CancellationToken cancellation)
    {
        var socket = Path.Combine(directory, incoming ? "in.qmp" : "out.qmp");
        var process = await GuestProcess.StartAsync(
            new GuestOptions
            {
                Vm = VmId.Of("bench"),
                Program = new GuestProgramSpec(program, 1),
                MemoryBytes = memoryBytes,
                Monitors = [socket],
                Paused = true,
                Incoming = incoming,
            },
            time, _ => { });
        return new BenchGuest(process, await QmpClient.ConnectAsync(socket, new QmpOptions(), time, cancellation));
    }

    public Task<JsonElement> DoAsync(string command, params (string Name, JsonNode Value)[] arguments)
    {
        var given = new JsonObject();
        foreach (var (name, value) in arguments)
            given[name] = value;
        return _monitor.ExecuteAsync(command, given, CommandTimeout);
    }

    public Task EnableAsync(params string[] capabilities) => DoAsync(
        "migrate-set-capabilities",
        ("capabilities", new JsonArray(
            [.. capabilities.Select(c => (JsonNode)new JsonObject { ["capability"] = c, ["state"] = true })])));

    public async Task<string> PhaseAsync() =>
        (await DoAsync("query-migrate")).TryGetProperty("status", out var status) ? status.GetString()! : "none";

    public async Task<bool> HasBootedAsync() =>
        (await DoAsync("x-fabric-operations")).GetProperty("booted").GetBoolean();

    public async Task<OperationCounts> OperationsAsync()
    {
        var answer = await DoAsync("x-fabric-operations");
        return new OperationCounts(
            DateTimeOffset.UnixEpoch.AddTicks(answer.GetProperty("first-us").GetInt64() * TimeSpan.TicksPerMicrosecond),
            answer.GetProperty("slot-ms").GetInt32(),
            [.. answer.GetProperty("counts").EnumerateArray().Select(c => c.GetInt32())]);
    }

    /// <summary>When an event of that name happened, by the hypervisor's own clock; null when it did not.</summary>
    public DateTimeOffset? WhenLast(string name)
    {
        DateTimeOffset? when = null;
        while (_monitor.Events.TryRead(out var happened))
            when = string.Equals(happened.Name, name, StringComparison.Ordinal) ? happened.At : when;
        return when;
    }

    public async Task<long> BadPagesAsync() => (await DoAsync("x-fabric-verify")).GetProperty("bad").GetInt64();

    public async ValueTask DisposeAsync()
    {
        await _monitor.DisposeAsync();
        await _process.DisposeAsync();
    }
}
