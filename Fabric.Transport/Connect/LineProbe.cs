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
/// they are. One at a time is waited for. Behind its answer follows a train of others, whose answers are read before
/// the next one's: TCP counts what of them it had to send again.
/// </summary>
internal sealed class LineProbe(LinkWire wire, HostId target, TimeProvider time) : ILineProbe
{
    private long _number;
    private long _answered;
    private TcpCounters _before;

    /// <inheritdoc/>
    public async Task<LineAnswer> AskAsync(int withinMs)
    {
        var began = time.GetTimestamp();
        try
        {
            var answer = await BlockingThread.RunAsync("line probe", () => Ask(withinMs));
            await SendTrainAsync();
            return answer;
        }
        catch (Exception e) when (LinkFaults.IsCut(e))
        {
            throw time.GetElapsedTime(began).TotalMilliseconds >= withinMs
                ? new LinkException(LinkFault.TimedOut, $"no answer within {withinMs} ms", e)
                : new LinkException(LinkFault.Cut, $"{target} ended the connection", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => wire.Close();

    private LineAnswer Ask(int withinMs)
    {
        var began = time.GetTimestamp();
        var counts = TcpCounters.TryRead(wire.Socket, out var atOnce);
        wire.Socket!.ReceiveTimeout = wire.Socket.SendTimeout = withinMs;
        Send();
        while (_answered < _number)
            Receive();
        var took = time.GetElapsedTime(began);
        counts &= TcpCounters.TryRead(wire.Socket, out var now);
        if (!counts)
            return new LineAnswer(took, 0, 0);
        var answer = new LineAnswer(
            now.Resent == atOnce.Resent ? took : null, now.Sent - _before.Sent, now.Resent - _before.Resent);
        _before = now;
        return answer;
    }

    private void Send()
    {
        Span<byte> question = stackalloc byte[Limits.Sites.ProbeSize];
        BinaryPrimitives.WriteInt64BigEndian(question, ++_number);
        wire.Write(question);
    }

    private async Task SendTrainAsync()
    {
        using var step = new PeriodicTimer(TimeSpan.FromMilliseconds(Limits.Sites.ProbeTrainStepMs), time);
        for (var i = 0; i < Limits.Sites.ProbeTrain; i++)
        {
            Send();
            await step.WaitForNextTickAsync();
        }
    }

    private void Receive()
    {
        Span<byte> answer = stackalloc byte[Limits.Sites.ProbeSize];
        wire.Stream.ReadExactly(answer);
        if (BinaryPrimitives.ReadInt64BigEndian(answer) != ++_answered)
            throw new LinkException(LinkFault.BadFrame, $"{target} answered another question");
    }
}
