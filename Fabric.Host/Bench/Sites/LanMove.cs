namespace Fabric.Host.Bench.Sites;

/// <summary>One move of a guest without a disk within one site.</summary>
/// <param name="Way">How.</param>
/// <param name="Kind">Of its network.</param>
/// <param name="From">From the host.</param>
/// <param name="To">To the host.</param>
/// <param name="OutageMs">The longest time without an answer to a client's pings.</param>
/// <param name="UsualGapMs">The same before the move.</param>
/// <param name="PausedMs">From the source's last instruction to the target's first, by the hypervisors' clocks.</param>
/// <param name="WakeMs">From when the guest ran with a ping before it until its answer left: its own time.</param>
/// <param name="Lost">Pings that were not answered at all.</param>
/// <param name="Clean">It arrived, and the guest found nothing wrong.</param>
public sealed record LanMove(
    SiteWay Way, string Kind, string From, string To, double OutageMs, double UsualGapMs, double PausedMs,
    double WakeMs, long Lost, bool Clean)
{
    /// <summary>What is added to the VM's own pause.</summary>
    public double OverMs => OutageMs - PausedMs;

    /// <summary>Of it, what is the network's, and the client's.</summary>
    public double NetworkMs => OverMs - WakeMs;
}
