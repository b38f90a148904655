using System.Diagnostics;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Announce;

/// <summary>Asks an Ethernet who has an address.</summary>
internal static class ArpQuestion
{
    /// <summary>Null when nobody answers within all tries.</summary>
    public static MacAddress? Ask(PacketSocket socket, MacAddress asker, HostAddress address)
    {
        var question = AnnounceFrames.Probe(asker, address);
        Span<byte> frame = stackalloc byte[128];
        for (var tries = 0; tries < Limits.Network.ProbeTries; tries++)
        {
            socket.Send(question);
            // Other ARP traffic of a busy Ethernet must not make the question last for ever.
            var asked = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(asked).TotalMilliseconds < Limits.Network.ProbeTryMs
                && socket.Receive(frame) is { } length)
            {
                if (AnnounceFrames.Answer(frame[..length], address) is { } owner)
                    return owner;
            }
        }

        return null;
    }
}
