using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Host.Impair.Wire;

/// <summary>One end of a wire: an interface in a network namespace.</summary>
/// <param name="Namespace">Its name, or a path; null is this program's own.</param>
/// <param name="Link">The TAP; made when there is none.</param>
internal sealed record WireEnd(string? Namespace, string Link)
{
    /// <summary>As the drivers take it.</summary>
    public NetworkNamespace Place() => new(Namespace);

    /// <summary>Reads <c>NETNS:IFNAME</c>; without a namespace (<c>:IFNAME</c>) it is this program's own.</summary>
    public static bool TryRead(string text, out WireEnd end)
    {
        var colon = text.LastIndexOf(':');
        end = new WireEnd(colon > 0 ? text[..colon] : null, text[(colon + 1)..]);
        return colon >= 0 && LinkNames.IsValid(end.Link) && !text.Any(char.IsControl);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}:{Link}";
}
