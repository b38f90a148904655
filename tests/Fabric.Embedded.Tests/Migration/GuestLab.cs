using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers.Qmp;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Migration;

/// <summary>Guests of one test in this very process, each with its monitors on real sockets.</summary>
internal sealed class GuestLab : IAsyncDisposable
{
    private readonly List<TestGuest> _guests = [];
    private int _count;

    public string Root { get; } = Directory.CreateTempSubdirectory("fabric-guest-").FullName;

    public string NewPath(string name) => Path.Combine(Root, $"{name}{++_count}");

    public async Task<TestGuest> StartAsync(
        bool incoming = false, string program = GuestProgramSpec.GameServer, ulong seed = 1, string vm = "vm1", int mebibytes = 16)
    {
        var monitor = NewPath("qmp");
        var log = new List<string>();
        var process = await GuestProcess.StartAsync(
            new GuestOptions
            {
                Vm = VmId.Of(vm),
                Program = new GuestProgramSpec(program, seed),
                MemoryBytes = (long)mebibytes << 20,
                Monitors = [monitor],
                Paused = true,
                Incoming = incoming,
            },
            TimeProvider.System,
            log.Add);
        var guest = new TestGuest(process, await QmpClient.ConnectAsync(monitor, new QmpOptions(), TimeProvider.System, default), log);
        _guests.Add(guest);
        return guest;
    }

    /// <summary>A guest that has booted and runs.</summary>
    public async Task<TestGuest> RunningAsync(string program = GuestProgramSpec.GameServer, string vm = "vm1", int mebibytes = 16)
    {
        var guest = await StartAsync(program: program, vm: vm, mebibytes: mebibytes);
        await guest.DoAsync("cont");
        while (!(await guest.DoAsync("x-fabric-operations")).GetProperty("booted").GetBoolean())
        {
        }

        return guest;
    }

    /// <summary>A target that listens, with that socket.</summary>
    public async Task<(TestGuest Target, string Socket)> ListenAsync(TestGuest target, params string[] capabilities)
    {
        var socket = NewPath("in");
        await target.EnableAsync(capabilities);
        await target.DoAsync("migrate-incoming", ("uri", $"unix:{socket}"));
        return (target, socket);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var guest in _guests)
            await guest.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}

/// <summary>One guest and a monitor of it.</summary>
internal sealed class TestGuest(GuestProcess process, QmpClient monitor, List<string> log) : IAsyncDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    public static readonly string[] Usual = ["events", "return-path", "pause-before-switchover"];
    public static readonly string[] Postcopy = ["events", "return-path", "postcopy-ram"];

    /// <summary>What the hypervisor said.</summary>
    public string Log => string.Join('\n', log);

    public Task<int> EndedAsync() => process.Ended.WaitAsync(HangGuard);

    public Task<JsonElement> DoAsync(string command, params (string Name, JsonNode Value)[] arguments)
    {
        var given = new JsonObject();
        foreach (var (name, value) in arguments)
            given[name] = value;
        return monitor.ExecuteAsync(command, given, HangGuard);
    }

    public Task EnableAsync(params string[] capabilities) => DoAsync(
        "migrate-set-capabilities",
        ("capabilities", new JsonArray(
            [.. capabilities.Select(c => (JsonNode)new JsonObject { ["capability"] = c, ["state"] = true })])));

    public async Task<string> RunStateAsync() => (await DoAsync("query-status")).GetProperty("status").GetString()!;

    public async Task<string> PhaseAsync() =>
        (await DoAsync("query-migrate")).TryGetProperty("status", out var status) ? status.GetString()! : "none";

    /// <summary>Waits for the event that says so, now or later.</summary>
    public async Task UntilPhaseAsync(params string[] phases)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (await monitor.Events.WaitToReadAsync(guard.Token))
        {
            while (monitor.Events.TryRead(out var happened))
            {
                if (happened.Name is "MIGRATION" && phases.Contains(happened.Data.GetProperty("status").GetString()!, StringComparer.Ordinal))
                    return;
            }
        }

        throw new InvalidOperationException($"the monitor ended before {string.Join(" or ", phases)}");
    }

    public async Task<long> BadPagesAsync() => (await DoAsync("x-fabric-verify")).GetProperty("bad").GetInt64();

    public async ValueTask DisposeAsync()
    {
        await monitor.DisposeAsync();
        await process.DisposeAsync();
    }
}

/// <summary>Carries bytes between two sockets, and can be cut after a number of them.</summary>
internal sealed class TestWay : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _far = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Task _carrying;

    public TestWay(string near, string far, long bytesMax = long.MaxValue, Func<byte[], long, byte[]>? change = null)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(near));
        _listener.Listen(1);
        _carrying = Task.Run(() => CarryAsync(far, bytesMax, change));
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        _far.Dispose();
        await _carrying;
    }

    private async Task CarryAsync(string far, long bytesMax, Func<byte[], long, byte[]>? change)
    {
        try
        {
            using var near = await _listener.AcceptAsync();
            await _far.ConnectAsync(new UnixDomainSocketEndPoint(far));
            await Task.WhenAny(CopyAsync(near, _far, bytesMax, change), CopyAsync(_far, near, long.MaxValue, change: null));
            near.Dispose();
            _far.Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of them has gone.
        }
    }

    private static async Task CopyAsync(Socket from, Socket to, long bytesMax, Func<byte[], long, byte[]>? change)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (long at = 0; at < bytesMax;)
            {
                var count = await from.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, bytesMax - at)));
                if (count == 0)
                    break;
                var bytes = change?.Invoke(buffer[..count], at) ?? buffer[..count];
                for (var sent = 0; sent < bytes.Length;)
                    sent += await to.SendAsync(bytes.AsMemory(sent));
                at += count;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of them has gone.
        }
    }
}
