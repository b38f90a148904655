namespace Fabric.Host.Faults.Truth;

/// <summary>A time in which one process executed its guest, by the hypervisor's own clock.</summary>
/// <param name="From">When it began.</param>
/// <param name="To">When it ended; null while it lasts.</param>
/// <param name="Sampled">The beginning was not announced but only seen later: it may have been earlier.</param>
public sealed record RunInterval(DateTimeOffset From, DateTimeOffset? To, bool Sampled = false)
{
    /// <summary>Whether the guest ran at that moment.</summary>
    public bool Holds(DateTimeOffset moment) => From <= moment && (To is not { } to || moment < to);

    /// <summary>Whether both have a moment in common; touching is none.</summary>
    public bool Overlaps(RunInterval other) =>
        From < (other.To ?? DateTimeOffset.MaxValue) && other.From < (To ?? DateTimeOffset.MaxValue);
}
