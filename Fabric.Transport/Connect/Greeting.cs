using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>The first words on a connection, whatever carries it.</summary>
internal static class Greeting
{
    /// <summary>Says hello, and hears the answer.</summary>
    /// <exception cref="LinkException">Refused, or no answer to a hello.</exception>
    public static void Say(LinkWire wire, Hello hello, HostId target)
    {
        var bytes = new byte[Hello.Size];
        hello.Write(bytes);
        wire.Write(bytes);
        var answerBytes = new byte[HelloAnswer.Size];
        wire.Stream.ReadExactly(answerBytes);
        if (!HelloAnswer.TryParse(answerBytes, out var answer))
            throw new LinkException(LinkFault.BadFrame,
                $"{target} answered the hello with something else: is it another version?");
        if (answer.Code != HelloCode.Accepted)
        {
            throw new LinkException(LinkFault.Refused, $"{target} refused the hello: {answer.Code}")
            {
                Code = answer.Code,
            };
        }
    }

    /// <summary>Hears the hello, and what the book says to it. The answer is not given yet.</summary>
    public static HelloCode Hear(
        LinkWire wire, TicketBook tickets, PeerIdentity peer, out Hello? hello, out TicketEntry? entry)
    {
        (hello, entry) = (null, null);
        var bytes = new byte[Hello.Size];
        wire.Stream.ReadExactly(bytes.AsSpan(0, Hello.PeekSize));
        var code = Hello.Peek(bytes);
        if (code != HelloCode.Accepted)
            return code;
        wire.Stream.ReadExactly(bytes.AsSpan(Hello.PeekSize));
        code = Hello.Parse(bytes, out hello);
        return code == HelloCode.Accepted && hello!.Kind != HelloKind.Probe
            ? tickets.Redeem(hello, peer, out entry)
            : code;
    }

    /// <summary>Gives the answer.</summary>
    public static void Answer(LinkWire wire, HelloCode code)
    {
        var answer = new byte[HelloAnswer.Size];
        new HelloAnswer(code, code == HelloCode.Accepted ? Hello.Version : (byte)0).Write(answer);
        wire.Write(answer);
    }
}
