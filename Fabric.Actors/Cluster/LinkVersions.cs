using System.Globalization;

namespace Fabric.Actors.Cluster;

/// <summary>Which version two sides speak: the highest that both know.</summary>
internal static class LinkVersions
{
    public static int Choose(IReadOnlyList<int> offered, IReadOnlyList<int> spoken)
    {
        var common = offered.Intersect(spoken).DefaultIfEmpty(0).Max();
        return common > 0
            ? common
            : throw new LinkProtocolException(LinkFault.VersionMismatch,
                $"offered {Text(offered)}, spoken here {Text(spoken)}; update the older side");
    }

    private static string Text(IReadOnlyList<int> versions) =>
        string.Join(',', versions.Select(static version => version.ToString(CultureInfo.InvariantCulture)));
}
