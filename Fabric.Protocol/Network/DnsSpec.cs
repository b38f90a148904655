namespace Fabric.Protocol;

/// <summary>The name that new connections find the VM by, where its address changes with the site.</summary>
/// <param name="Server">The primary server of the zone.</param>
/// <param name="Zone">The zone, as <c>lab.example</c>.</param>
/// <param name="Name">The name, in the zone, as <c>web.lab.example</c>.</param>
/// <param name="Key">The name of the TSIG key; hosts hold its secret under this name.</param>
/// <param name="TtlSeconds">How long resolvers may keep an answer.</param>
public sealed record DnsSpec(HostAddress Server, string Zone, string Name, string Key, int TtlSeconds)
{
    /// <summary>The server's port.</summary>
    public int Port { get; init; } = 53;

    internal IEnumerable<string> Faults()
    {
        foreach (var (what, name) in new[] { ("zone", Zone), ("name", Name), ("key", Key) })
        {
            if (!IsDomain(name))
                yield return $"the DNS {what} '{Names.Shown(name)}' is not a domain name";
        }

        if (!Name.Equals(Zone, StringComparison.OrdinalIgnoreCase)
            && !Name.EndsWith("." + Zone, StringComparison.OrdinalIgnoreCase))
            yield return $"the DNS name '{Names.Shown(Name)}' is not in the zone '{Names.Shown(Zone)}'";
        if (TtlSeconds is < 0 or > Limits.Network.DnsTtlSecondsMax)
            yield return $"a DNS time to live of {TtlSeconds} s is outside 0 to {Limits.Network.DnsTtlSecondsMax}";
        if (Port is < 1 or > ushort.MaxValue)
            yield return $"the DNS port {Port} is not one";
    }

    private static bool IsDomain(string name) =>
        name.Length is > 0 and <= Limits.Network.DnsNameLengthMax
        && name.Split('.').All(l => l.Length is > 0 and <= Limits.Names.LengthMax
            && l.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
}
