using System.Buffers.Binary;
using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Transport.Connect;

/// <summary>What came of one question.</summary>
/// <param name="RoundTrip">How long the answer took; null when TCP had to send something again meanwhile (Karn).</param>
/// <param name="SegmentsSent">TCP segments with bytes since the last question; 0 where the system does not count.</param>
/// <param name="SegmentsResent">Of them, those that were sent again.</param>
public readonly record struct LineAnswer(TimeSpan? RoundTrip, long SegmentsSent, long SegmentsResent);

/// <summary>A connection by which a host of another site is asked whether it is there.</summary>
public interface ILineProbe : IDisposable
{
    /// <summary>Asks once. After an error the connection is of no use any more.</summary>
    /// <exception cref="LinkException">Cut, or TimedOut.</exception>
    Task<LineAnswer> AskAsync(int withinMs);
}

/// <summary>
/// Questions by the port of data links, with its certificates and its TLS: 8 bytes with a number go there, and come back as
/// they are. One at a time.
/// </summary>
internal sealed class LineProbe(LinkWire wire, HostId target, TimeProvider time) : ILineProbe
{
    private long _number;
    private TcpCounters _before;

    /// <inheritdoc/>
    public Task<LineAnswer> AskAsync(int withinMs) => BlockingThread.RunAsync("line probe", () => Ask(withinMs));

    /// <inheritdoc/>
    public void Dispose() => wire.Close();

    private LineAnswer Ask(int withinMs)
    {
        Span<byte> asked = stackalloc byte[Limits.Sites.ProbeSize];
        Span<byte> answered = stackalloc byte[Limits.Sites.ProbeSize];
        BinaryPrimitives.WriteInt64BigEndian(asked, ++_number);
        var began = time.GetTimestamp();
        try
        {
            wire.Socket!.ReceiveTimeout = wire.Socket.SendTimeout = withinMs;
            wire.Write(asked);
            wire.Stream.ReadExactly(answered);
        }
        catch (Exception e) when (LinkFaults.IsCut(e))
        {
            throw time.GetElapsedTime(began).TotalMilliseconds >= withinMs
                ? new LinkException(LinkFault.TimedOut, $"no answer within {withinMs} ms", e)
                : new LinkException(LinkFault.Cut, $"{target} ended the connection", e);
        }

        var took = time.GetElapsedTime(began);
        if (!answered.SequenceEqual(asked))
            throw new LinkException(LinkFault.BadFrame, $"{target} answered another question");
        if (!TcpCounters.TryRead(wire.Socket, out var now))
            return new LineAnswer(took, 0, 0);
        var (sent, resent) = (now.Sent - _before.Sent, now.Resent - _before.Resent);
        _before = now;
        return new LineAnswer(resent == 0 ? took : null, sent, resent);
    }
}
