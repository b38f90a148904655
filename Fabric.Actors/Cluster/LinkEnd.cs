using System.Net.WebSockets;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Actors.Cluster;

/// <summary>The one recorded reason of a session's end.</summary>
/// <param name="Fault">What this side saw.</param>
/// <param name="Detail">For people.</param>
/// <param name="PeerFault">With <see cref="LinkFault.PeerClosed"/>: the fault that the peer named, if it did.</param>
public sealed record LinkEnd(LinkFault Fault, string Detail, LinkFault? PeerFault = null)
{
    /// <summary>Reads a peer's close frame.</summary>
    internal static LinkEnd FromClose(WebSocketCloseStatus? status, string? description)
    {
        var text = Clean(description ?? "");
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var named = colon > 0 && Enum.TryParse<LinkFault>(text[..colon], out var fault) && Enum.IsDefined(fault)
            ? fault
            : (LinkFault?)null;
        return new LinkEnd(LinkFault.PeerClosed, text.Length > 0 ? text : $"closed with status {(int?)status}", named);
    }

    /// <summary>What our close frame says.</summary>
    internal string CloseText() => Clean($"{Fault}: {Detail}");

    internal WebSocketCloseStatus CloseStatus() => Fault switch
    {
        LinkFault.PeerClosed => WebSocketCloseStatus.NormalClosure,
        LinkFault.Stopped => WebSocketCloseStatus.EndpointUnavailable,
        LinkFault.MessageTooLarge => WebSocketCloseStatus.MessageTooBig,
        LinkFault.BinaryFrame => WebSocketCloseStatus.InvalidMessageType,
        LinkFault.NotJson => WebSocketCloseStatus.InvalidPayloadData,
        LinkFault.HandlerFailed => WebSocketCloseStatus.InternalServerError,
        _ => WebSocketCloseStatus.PolicyViolation,
    };

    /// <inheritdoc/>
    public override string ToString() => $"{Fault}: {Detail}";

    // Plain ASCII, so that characters are bytes and a peer's text cannot forge a line of our log.
    private static string Clean(string text)
    {
        var clean = new StringBuilder(Limits.NodeLink.CloseReasonBytesMax);
        foreach (var c in text)
        {
            if (clean.Length == Limits.NodeLink.CloseReasonBytesMax)
                break;
            clean.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return clean.ToString();
    }
}
