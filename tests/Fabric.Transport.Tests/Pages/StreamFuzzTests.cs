using System.Globalization;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>
/// Random bytes and damaged streams, each from a seed that a failure names. <c>FABRIC_FUZZ</c> is how many there are of
/// each kind, <c>FABRIC_FUZZ_SEED</c> the first. Every input ends: all its bytes are accounted for, what is reported
/// keeps the visitor's rules, nothing is thrown, and what is held stays within its bound.
/// </summary>
public class StreamFuzzTests
{
    // What one input may make on the heap: the reader's buffer, doubled until its bound (3 MiB in all), and blocks.
    private const long HeapBytesMax = 8 * 1024 * 1024;

    private static readonly int Count = Setting("FABRIC_FUZZ", 4_000);
    private static readonly int First = Setting("FABRIC_FUZZ_SEED", 1);

    private static readonly byte[][] Streams =
    [
        Capture.Short("light128")[..300_000],
        Capture.Short("sparse128")[..100_000],
        Capture.Short("q10light")[..40_000],
        Sample.Precopy(),
        Sample.Postcopy(),
    ];

    private static readonly byte[] Return = ReturnPathTests.Write(at =>
    {
        at.Pong(7);
        at.RequestPages(Sample.Main, 0x3000, 4096);
        at.RequestPages(Sample.Main, 0x5000, 4096);
        at.RecvBitmap(Sample.Main, new byte[64]);
        at.ResumeAck();
        at.SwitchoverAck();
        at.Shut(0);
    });

    [Fact]
    public void Random_bytes_after_a_beginning_never_break_the_reader() => Run(random =>
    {
        var stream = Streams[random.Next(Streams.Length)];
        var good = random.Next(3) == 0 ? 0 : random.Next(Math.Min(stream.Length, 1_000));
        var bytes = new byte[good + random.Next(8_192)];
        random.NextBytes(bytes.AsSpan(good));
        stream.AsSpan(0, good).CopyTo(bytes);
        return bytes;
    });

    [Fact]
    public void Damaged_streams_never_break_the_reader() =>
        Run(random => Damage(Streams[random.Next(Streams.Length)], random));

    [Fact]
    public void Damaged_return_paths_never_break_the_reader()
    {
        for (var seed = First; seed < First + Count; seed++)
        {
            var random = new Random(seed);
            var bytes = Damage(Return, random);
            var notes = new ReturnPathTests.Notes();
            var reader = new ReturnPathReader();
            Judge(seed, () =>
            {
                reader.FeedRandom(bytes, notes, random);
                reader.Held.ShouldBeLessThanOrEqualTo(Limits.Stream.ConstructBytesMax);
                reader.End(notes);
                reader.Position.ShouldBe(bytes.Length);
                notes.Opaque.ShouldBe(reader.OpaqueFrom < 0 ? [] : bytes[(int)reader.OpaqueFrom..]);
            });
        }
    }

    private static void Run(Func<Random, byte[]> make)
    {
        for (var seed = First; seed < First + Count; seed++)
        {
            var random = new Random(seed);
            var bytes = make(random);
            Judge(seed, () =>
            {
                var reader = new QemuStreamReader(Sample.Device);
                var target = new StrictTarget { Input = bytes, Reader = reader };
                var heap = GC.GetAllocatedBytesForCurrentThread();
                reader.FeedRandom(bytes, target, random);
                reader.Held.ShouldBeLessThanOrEqualTo(Limits.Stream.ConstructBytesMax);
                reader.End(target);
                (GC.GetAllocatedBytesForCurrentThread() - heap).ShouldBeLessThan(HeapBytesMax);
                reader.Position.ShouldBe(bytes.Length);
                reader.IsOpaque.ShouldBeTrue();
                (reader.Fault != StreamFault.None).ShouldBe(reader.Opaque == OpaqueReason.Fault);
                target.Opaque.ShouldBe(reader.OpaqueFrom < 0 ? 0 : bytes.Length - reader.OpaqueFrom);
            });
        }
    }

    private static void Judge(int seed, Action run)
    {
        try
        {
            run();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"again: FABRIC_FUZZ=1 FABRIC_FUZZ_SEED={seed}: {e.Message}", e);
        }
    }

    /// <summary>One to eight changes: flipped bits, overwritten bytes, some left out or doubled, a cut end.</summary>
    private static byte[] Damage(byte[] stream, Random random)
    {
        var bytes = new List<byte>(stream[..random.Next(stream.Length / 2, stream.Length + 1)]);
        for (var changes = random.Next(1, 9); changes > 0 && bytes.Count > 32; changes--)
        {
            // Half of them near the beginning, where the lengths are.
            var at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 512) : bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)(random.Next(3) switch { 0 => 0, 1 => 255, _ => random.Next(256) });
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 64), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 64), bytes.Count - at)));
                    break;
                case 4:
                    for (var i = at; i < Math.Min(at + 8, bytes.Count); i++)
                        bytes[i] = (byte)random.Next(256);
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : otherwise;
}
