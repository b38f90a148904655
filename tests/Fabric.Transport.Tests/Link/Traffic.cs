using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Tests.Link;

/// <summary>
/// Bytes whose value says where they belong, so that one that is lost, doubled or misplaced is seen at once.
/// </summary>
internal static class Traffic
{
    /// <summary>Sends as many frames as there are sizes, and the end.</summary>
    public static Task SendAsync(DataLink link, IReadOnlyList<int> sizes, int? channel = null) =>
        BlockingThread.RunAsync("test send", () =>
        {
            using var pool = new LinkBufferPool();
            using var buffer = pool.Rent("test");
            var at = 0L;
            foreach (var size in sizes)
            {
                Fill(buffer.Payload[..size], at);
                link.Send(channel ?? (int)link.Sends, buffer, size);
                at += size;
            }

            link.Complete(channel ?? (int)link.Sends);
        });

    /// <summary>Receives to the end; how much it was.</summary>
    public static Task<long> ReceiveAsync(DataLink link, int? channel = null, int room = 256 * 1024) =>
        BlockingThread.RunAsync("test receive", () =>
        {
            var into = new byte[room];
            var at = 0L;
            while (true)
            {
                var count = channel is { } c ? link.Receive(c, into) : link.Receive(into);
                if (count == 0)
                    return at;
                Check(into.AsSpan(0, count), at);
                at += count;
            }
        });

    /// <summary>Both directions, to both ends; then both sides are closed.</summary>
    public static async Task BothWaysAsync(DataLink source, DataLink target, IReadOnlyList<int> there,
        IReadOnlyList<int> back)
    {
        var (sendThere, sendBack) = (SendAsync(source, there), SendAsync(target, back));
        var (gotThere, gotBack) = (ReceiveAsync(target), ReceiveAsync(source, room: 1000));
        await Task.WhenAll(sendThere, sendBack).Within();
        (await gotThere.Within()).ShouldBe(there.Sum(s => (long)s));
        (await gotBack.Within()).ShouldBe(back.Sum(s => (long)s));
        await source.DisposeAsync();
        await target.DisposeAsync();
    }

    private static void Fill(Span<byte> bytes, long at)
    {
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = ByteAt(at + i);
    }

    private static void Check(ReadOnlySpan<byte> bytes, long at)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != ByteAt(at + i))
                throw new InvalidDataException($"byte {at + i} is {bytes[i]} and should be {ByteAt(at + i)}");
        }
    }

    private static byte ByteAt(long at) => (byte)((at * 31) ^ (at >> 8) ^ (at >> 16));
}
