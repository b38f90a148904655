using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Fabric.Drivers.Qmp;

namespace Fabric.Drivers.Tests.Qmp;

/// <summary>
/// What a monitor might say: random lines, and lines of a real QEMU that were damaged, cut at random into what the
/// socket brings. <c>FABRIC_FUZZ</c> is how many, <c>FABRIC_FUZZ_SEED</c> the first. Each is a message or a
/// <see cref="FormatException"/>, never another error and never a hang, and what it puts on the heap is bounded.
/// </summary>
public sealed class QmpFuzzTests
{
    private const int LineBytesMax = 4_096;

    // A line is a document, its clone, and buffers of the pipe; all several times the line at most.
    private const long HeapBytesMax = 1024 * 1024;

    private static readonly int Count = Setting("FABRIC_FUZZ", 4_000);
    private static readonly int First = Setting("FABRIC_FUZZ_SEED", 1);

    // As QEMU 7.2 and 10.0 write them.
    private static readonly string[] Lines =
    [
        """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian 1:7.2+dfsg-7"}, "capabilities": ["oob"]}}""",
        """{"return": {}, "id": 1}""",
        """{"return": {"status": "postmigrate", "singlestep": false, "running": false}, "id": 17}""",
        """{"return": {"expected-downtime": 300, "status": "active", "setup-time": 1, "total-time": 302, "ram": {"total": 134815744, "postcopy-requests": 0, "dirty-sync-count": 1, "multifd-bytes": 0, "pages-per-second": 32970, "downtime-bytes": 0, "page-size": 4096, "remaining": 67145728, "postcopy-bytes": 0, "mbps": 1072.34, "transferred": 46639245, "precopy-bytes": 46639245, "duplicate": 5137, "dirty-pages-rate": 0, "skipped": 0, "normal-bytes": 46575616, "normal": 11371}}, "id": 9}""",
        """{"id": 5, "error": {"class": "GenericError", "desc": "Migration is not in expected state: none"}}""",
        """{"timestamp": {"seconds": 1700000000, "microseconds": 123456}, "event": "MIGRATION", "data": {"status": "pre-switchover"}}""",
        """{"timestamp": {"seconds": -1, "microseconds": -1}, "event": "STOP"}""",
        """{"timestamp": {"seconds": 1700000001, "microseconds": 5}, "event": "MIGRATION_PASS", "data": {"pass": 3}}""",
    ];

    [Fact]
    public async Task Line_of_a_real_monitor_is_understood()
    {
        foreach (var line in Lines)
            (await ReadAsync(Encoding.UTF8.GetBytes(line + "\r\n"), new Random(1))).ShouldBe(1);
    }

    [Fact]
    public Task Random_bytes_are_refused() => RunAsync(random =>
    {
        var bytes = new byte[random.Next(1, 512)];
        random.NextBytes(bytes);
        bytes[^1] = (byte)'\n';
        return bytes;
    });

    [Fact]
    public Task Damaged_lines_are_messages_or_refused() => RunAsync(random =>
    {
        var said = new List<byte>();
        for (var lines = random.Next(1, 4); lines > 0; lines--)
        {
            said.AddRange(Damaged(Encoding.UTF8.GetBytes(Lines[random.Next(Lines.Length)]), random));
            said.Add((byte)'\n');
        }

        return [.. said];
    });

    [Fact]
    public Task Deep_and_endless_lines_are_refused() => RunAsync(random =>
    {
        var line = new byte[random.Next(1, 2 * LineBytesMax)];
        Array.Fill(line, (byte)"[{\"1 "[random.Next(5)]);
        """{"return": """u8[..Math.Min(11, line.Length)].CopyTo(line);
        line[^1] = (byte)(random.Next(2) == 0 ? '\n' : '[');
        return line;
    });

    private static async Task RunAsync(Func<Random, byte[]> make)
    {
        for (var seed = First; seed < First + Count; seed++)
        {
            var random = new Random(seed);
            try
            {
                var bytes = make(random);
                var heap = GC.GetAllocatedBytesForCurrentThread();
                await ReadAsync(bytes, random);
                (GC.GetAllocatedBytesForCurrentThread() - heap).ShouldBeLessThan(HeapBytesMax);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"again: FABRIC_FUZZ=1 FABRIC_FUZZ_SEED={seed}: {e.Message}", e);
            }
        }
    }

    /// <summary>Reads until the end or the first refusal; how many messages there were.</summary>
    private static async Task<int> ReadAsync(byte[] bytes, Random random)
    {
        var lines = new QmpLines(new Dribble(bytes, random), LineBytesMax);
        var messages = 0;
        try
        {
            while (await lines.NextAsync(CancellationToken.None) is { } message)
            {
                messages++;
                Touch(message);
            }
        }
        catch (FormatException)
        {
            // Refused.
        }

        return messages;
    }

    // What a message holds can be read after its line is gone.
    private static void Touch(QmpMessage message)
    {
        switch (message)
        {
            case QmpReply reply:
                reply.Value.GetRawText().ShouldNotBeNull();
                break;
            case QmpError error:
                (error.Class, error.Description).ShouldNotBe((null!, null!));
                break;
            case QmpEvent happened:
                happened.Name.ShouldNotBeNull();
                if (happened.Data.ValueKind != JsonValueKind.Undefined)
                    happened.Data.GetRawText().ShouldNotBeNull();
                break;
            case QmpGreeting greeting:
                greeting.Version.ShouldNotBeNull();
                break;
            default:
                throw new InvalidOperationException($"a message of an unknown kind: {message}");
        }
    }

    private static byte[] Damaged(byte[] line, Random random)
    {
        var bytes = line.ToList();
        for (var changes = random.Next(1, 6); changes > 0 && bytes.Count > 4; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)"{}[]\",:-0.e\\u"[random.Next(13)];
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 24), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 24), bytes.Count - at)));
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(random.NextInt64().ToString(CultureInfo.InvariantCulture)));
                    break;
            }
        }

        return [.. bytes];
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;

    /// <summary>Gives bytes as a socket might: some at a time.</summary>
    private sealed class Dribble(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span[..Math.Min(buffer.Length, random.Next(1, 200))]));
    }
}
