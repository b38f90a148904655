using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fabric.Drivers.Qmp;
using Fabric.Embedded;
using Fabric.Embedded.Memory;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Guest;

/// <summary>
/// The same pages twice: sent plainly from one mapping to another, and by the migration of an idle guest. Two threads
/// and one UNIX socket in both.
/// </summary>
internal static class PreCopyBench
{
    private const long Bytes = 512L << 20;
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Medians of MB/s of non-zero guest memory, and of what the second is of the first: by the clock, and by processor
    /// time, which others on the machine do not change.
    /// </summary>
    public static async Task<(double Plain, double PreCopy, double Share, double CpuShare)> RunAsync(int rounds)
    {
        var directory = Directory.CreateTempSubdirectory("fabric-bench-").FullName;
        try
        {
            var (plain, preCopy) = (new List<Speed>(), new List<Speed>());
            await MigrateAsync(directory);
            for (var i = 0; i < rounds; i++)
            {
                var (bytes, speed) = await MigrateAsync(directory);
                preCopy.Add(speed);
                plain.Add(await CopyAsync(Path.Combine(directory, "plain"), bytes));
            }

            var both = preCopy.Zip(plain).ToList();
            return (
                BenchReport.Median(plain.Select(s => s.Clock)), BenchReport.Median(preCopy.Select(s => s.Clock)),
                BenchReport.Median(both.Select(s => s.First.Clock / s.Second.Clock)),
                BenchReport.Median(both.Select(s => s.First.Cpu / s.Second.Cpu)));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<Speed> CopyAsync(string path, long bytes)
    {
        using var from = new GuestMemory(bytes);
        using var to = new GuestMemory(bytes);
        for (var page = 0; page < from.Pages; page++)
            from.Words(page)[0] = (ulong)page + 1;
        File.Delete(path);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        var (began, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var receiving = Task.Factory.StartNew(() => Receive(listener, to), TaskCreationOptions.LongRunning);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        for (long at = 0; at < bytes;)
            at += socket.Send(from.Slice(at, (int)Math.Min(Limits.Guest.StreamBufferBytes, bytes - at)));
        await receiving;
        return new Speed(
            bytes / 1e6 / Stopwatch.GetElapsedTime(began).TotalSeconds,
            bytes / 1e6 / (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
    }

    private static void Receive(Socket listener, GuestMemory to)
    {
        using var peer = listener.Accept();
        for (long at = 0; at < to.Bytes;)
            at += peer.Receive(to.Slice(at, (int)Math.Min(Limits.Guest.StreamBufferBytes, to.Bytes - at)));
    }

    private static async Task<(long Bytes, Speed Speed)> MigrateAsync(string directory)
    {
        await using var source = await StartAsync(directory, "source", incoming: false);
        await using var target = await StartAsync(directory, "target", incoming: true);
        await using var from = await ConnectAsync(directory, "source");
        await using var to = await ConnectAsync(directory, "target");
        var socket = Path.Combine(directory, "in");
        File.Delete(socket);
        await from.ExecuteAsync("cont");
        while (!(await from.ExecuteAsync("x-fabric-operations")).GetProperty("booted").GetBoolean())
        {
            // It boots as fast as it can, in a fraction of a second.
        }


        await EnableAsync(from);
        await EnableAsync(to);
        await from.ExecuteAsync("migrate-set-parameters", new JsonObject { ["max-bandwidth"] = 0, ["downtime-limit"] = 1 });
        await to.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"unix:{socket}" });
        var cpu = Environment.CpuUsage.TotalTime;
        await from.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"unix:{socket}" });
        using var guard = new CancellationTokenSource(HangGuard);
        while (true)
        {
            var happened = await from.Events.ReadAsync(guard.Token);
            if (happened.Name is "MIGRATION" && happened.Data.GetProperty("status").GetString() is "completed")
                break;
        }

        var cpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds;
        var answer = await from.ExecuteAsync("query-migrate");
        var seconds = (answer.GetProperty("total-time").GetInt64() - answer.GetProperty("setup-time").GetInt64()) / 1000.0;
        var bytes = answer.GetProperty("ram").GetProperty("normal-bytes").GetInt64();
        return (bytes, new Speed(bytes / 1e6 / seconds, bytes / 1e6 / cpuSeconds));
    }

    // MB a second, and MB a processor second of sender and receiver together.
    private sealed record Speed(double Clock, double Cpu);

    private static Task<GuestProcess> StartAsync(string directory, string name, bool incoming) => GuestProcess.StartAsync(
        new GuestOptions
        {
            Vm = VmId.Of("bench"),
            Program = new GuestProgramSpec(GuestProgramSpec.Idle, 1),
            MemoryBytes = Bytes,
            Monitors = [Path.Combine(directory, name)],
            Paused = true,
            Incoming = incoming,
        },
        TimeProvider.System,
        BenchOptions.Note);

    private static Task<QmpClient> ConnectAsync(string directory, string name) =>
        QmpClient.ConnectAsync(Path.Combine(directory, name), new QmpOptions(), TimeProvider.System, CancellationToken.None);

    private static Task EnableAsync(QmpClient monitor) => monitor.ExecuteAsync(
        "migrate-set-capabilities",
        new JsonObject
        {
            ["capabilities"] = new JsonArray(
                new JsonObject { ["capability"] = "events", ["state"] = true },
                new JsonObject { ["capability"] = "return-path", ["state"] = true }),
        });
}
