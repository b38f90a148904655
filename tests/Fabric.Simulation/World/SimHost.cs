using Fabric.Protocol;
using Fabric.Simulation.Pages;

namespace Fabric.Simulation.World;

/// <summary>A host: what of it outlives its agent, and what is wrong with it just now.</summary>
internal sealed class SimHost(HostId id, int number, SimDisk ledger)
{
    public HostId Id => id;

    public int Number => number;

    public SimDisk Ledger => ledger;

    /// <summary>Where its page stores lie; null in a run without them.</summary>
    public SimStoreDisk? StoreDisk { get; init; }

    /// <summary>The agent's present life; null while none runs.</summary>
    public SimAgent? Agent { get; set; }

    /// <summary>What the durable ledger says of each VM, folded.</summary>
    public Dictionary<VmId, CopyState> Copies { get; } = [];

    /// <summary>Whom the agent believes to be connected to.</summary>
    public SimCoordinator? Linked { get; set; }

    /// <summary>Counts the links, so that what was on the way of an earlier one is known.</summary>
    public int LinkNumber { get; set; }

    /// <summary>What the coordinator sends does not arrive.</summary>
    public int OrdersCut { get; set; }

    /// <summary>What the agent sends does not arrive.</summary>
    public int ReportsCut { get; set; }

    /// <summary>Bytes of transfers stall.</summary>
    public int DataCut { get; set; }

    public int LoseNext { get; set; }

    public int DoubleNext { get; set; }

    public int ReorderNext { get; set; }

    public int RefuseStarts { get; set; }

    public int FailCommands { get; set; }

    /// <summary>Its hypervisors' monitors do not answer before this time.</summary>
    public long MonitorsHangUntil { get; set; }

    /// <summary>For a planted bug: every ticket that any life of the agent made.</summary>
    public Dictionary<string, string> TicketsEverMade { get; } = new(StringComparer.Ordinal);

    public FailureReason? Obstacle { get; set; }

    public TimeSpan WallOffset { get; set; }

    public long LastOrderAt { get; set; }

    public long LastReportAt { get; set; }

    public bool IsUp => Agent is { Process.IsAlive: true };

    public CopyState CopyOf(VmId vm) => Copies.GetValueOrDefault(vm, NoCopy.Initial);
}
