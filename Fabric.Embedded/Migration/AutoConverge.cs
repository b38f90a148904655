using Fabric.Embedded.Guest;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>
/// QEMU's judgement of a guest that writes too fast: looked at when the dirty log was read, but not more than once a
/// second; after the second period in which more was dirtied than some share of what was sent, the guest is slowed.
/// </summary>
internal sealed class AutoConverge(Vcpu vcpu, MigrationSettings settings, MigrationCounters counters, TimeProvider time)
{
    private long _began = time.GetTimestamp();
    private long _dirtied;
    private long _sentBefore;
    private int _high;

    /// <summary>The dirty log was read.</summary>
    public void Dirtied(int pages)
    {
        if (!settings.Has(MigrationSettings.AutoConverge))
            return;
        _dirtied += pages;
        if (time.GetElapsedTime(_began).TotalMilliseconds < Limits.Guest.ThrottlePeriodMs)
            return;
        var (sent, rule) = (counters.TransferredBytes - _sentBefore, settings.Throttle);
        if (_dirtied * Limits.Guest.PageSize > sent * rule.TriggerPercent / 100 && ++_high >= Limits.Guest.ThrottlePeriods)
        {
            _high = 0;
            vcpu.ThrottlePercent = rule.After(vcpu.ThrottlePercent);
        }

        (_began, _dirtied, _sentBefore) = (time.GetTimestamp(), 0, counters.TransferredBytes);
    }
}
