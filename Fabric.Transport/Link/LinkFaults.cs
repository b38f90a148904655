using System.Net.Sockets;
using Fabric.Protocol;

namespace Fabric.Transport.Link;

/// <summary>What errors mean to a link.</summary>
internal static class LinkFaults
{
    /// <summary>
    /// The connection is gone. InvalidOperation and NotSupported: SslStream says so when it was closed, or broken by an
    /// earlier call.
    /// </summary>
    public static bool IsCut(Exception e) => e is IOException or SocketException or ObjectDisposedException
        or InvalidOperationException or NotSupportedException;

    public static LinkException Bad(FrameFault fault, string frame) =>
        new(LinkFault.BadFrame, $"bad frame on the data link: {frame}: {TextOf(fault)}");

    private static string TextOf(FrameFault fault) => fault switch
    {
        FrameFault.WrongWay => "its channel goes the other way",
        FrameFault.BeforeResume => "before it was said what is here already",
        FrameFault.Duplicate => "a duplicate: its bytes came before",
        FrameFault.Gap => "a gap: bytes before it are missing",
        FrameFault.Overlap => "it overlaps another that waits",
        FrameFault.BeyondCredit => "beyond the credit",
        FrameFault.TooManyAhead => "too many frames ahead",
        FrameFault.AfterEnd => "after the end of the stream",
        FrameFault.EarlyEnd => "an end before bytes that came",
        FrameFault.SecondEnd => "a second end of the stream",
        FrameFault.AckOfUnsent => "it acknowledges what was not sent",
        FrameFault.BadCredit => "its credit is below what it acknowledges, or beyond the window",
        FrameFault.OffsetRange => "its number is out of range",
        FrameFault.None => throw new ArgumentOutOfRangeException(nameof(fault), fault, "not a fault"),
        _ => throw new ArgumentOutOfRangeException(nameof(fault), fault, "not a fault"),
    };
}
