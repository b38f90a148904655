using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Simulation.World;

/// <summary>A target's tickets: each for one attempt, one source and one use.</summary>
internal sealed class SimTickets
{
    private readonly Dictionary<string, (string Directory, HostId Source)> _open = new(StringComparer.Ordinal);
    private int _issued;

    /// <summary>Any ticket that was ever made here is good: only for a planted bug.</summary>
    public Dictionary<string, string>? EverMade { get; set; }

    public string Issue(string directory, HostId source)
    {
        var ticket = string.Create(CultureInfo.InvariantCulture, $"{directory}#{++_issued}");
        _open[ticket] = (directory, source);
        EverMade?.Add(ticket, directory);
        return ticket;
    }

    /// <summary>It leads to another process from now on; one that was used leads nowhere.</summary>
    public void Move(string ticket, string directory)
    {
        if (_open.TryGetValue(ticket, out var made))
            _open[ticket] = made with { Directory = directory };
    }

    public void Revoke(string ticket) => _open.Remove(ticket);

    /// <summary>The directory that the ticket leads to; null when it is not good, or not for this source.</summary>
    public string? Take(string ticket, HostId from) =>
        _open.Remove(ticket, out var made) && made.Source == from
            ? made.Directory
            : EverMade?.ContainsKey(ticket) == true ? _open.Values.Select(o => o.Directory).FirstOrDefault() : null;
}
