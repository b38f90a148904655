using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// When a host tells what is left over. At once when that changes; then after 1, 2, 4, ... s up to a minute, for a
/// migration that is under way keeps what it left, and once is not enough; what cannot be removed changes nothing, and is
/// told no sooner for it. When nothing is left that is told too, or the coordinator would go by the last that it heard.
/// </summary>
public sealed class LeftoverRhythm
{
    private string _left = "";
    private bool _toldSome;

    /// <summary>The next look comes after so many milliseconds.</summary>
    public int NextMs { get; private set; } = Limits.Agent.LeftoverLookMs;

    /// <summary>Somebody says that something was made or removed: it is told in any case.</summary>
    /// <returns>True when the next look comes sooner for it.</returns>
    public bool Changed(IReadOnlyList<DiskLeftover> left)
    {
        _toldSome = left.Count > 0;
        if (!IsNew(left))
            return false;
        NextMs = Limits.Agent.LeftoverLookMsMin;
        return true;
    }

    /// <summary>It is time to look again.</summary>
    /// <returns>True when it is to be told.</returns>
    public bool Looked(IReadOnlyList<DiskLeftover> left)
    {
        var tell = left.Count > 0 || _toldSome || IsNew(left);
        _toldSome = left.Count > 0;
        NextMs = Math.Min(NextMs * 2, Limits.Agent.LeftoverLookMs);
        return tell;
    }

    private bool IsNew(IReadOnlyList<DiskLeftover> left)
    {
        var before = _left;
        _left = string.Join('|', left.Select(static l => $"{l.Path} {l.Kind}"));
        return !string.Equals(before, _left, StringComparison.Ordinal);
    }
}
