using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>What came to this host's VMs by way of where they had been: of the last moves, the last word of each VM.</summary>
public sealed class Detours
{
    private readonly Lock _gate = new();
    private readonly List<NetworkDetour> _known = [];

    /// <summary>A move's is known, or known better.</summary>
    public event EventHandler? Noted;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<NetworkDetour> All
    {
        get
        {
            lock (_gate)
                return [.. _known];
        }
    }

    /// <summary>The word on a move.</summary>
    public void Note(NetworkDetour detour)
    {
        lock (_gate)
        {
            _known.RemoveAll(d => d.Vm == detour.Vm);
            if (_known.Count >= Limits.Network.DetoursMax)
                _known.RemoveAt(0);
            _known.Add(detour);
        }

        Noted?.Invoke(this, EventArgs.Empty);
    }
}
