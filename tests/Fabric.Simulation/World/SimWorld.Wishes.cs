using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <content>
/// What an operator wants of a migration or a VM that is no right to run: another way to send, and what a guest writes. The
/// one is durable before anybody acts on it and is then repeated until it is done; of the other nothing is durable.
/// </content>
internal sealed partial class SimWorld
{
    /// <summary>
    /// An order that was not done is repeated every second, and a link that was lost is back in less than four: after that
    /// a source sends as the journal says.
    /// </summary>
    private static readonly long WishWithin = SimScheduler.Ms(5_000);

    private readonly Dictionary<VmId, List<TransferPolicy>> _policies = [];
    private readonly Dictionary<VmId, long> _wishedAt = [];
    private long _disturbedAt;

    /// <summary>Rule 10: a source sends in a way that the journal holds.</summary>
    public void Sends(VmId vm, TransferPolicy policy)
    {
        if (!_restored && !_policies[vm].Contains(policy))
            throw new RuleBrokenException($"rule 10: {vm} is sent with at most {policy.BandwidthMax} B/s, and no journal says so");
    }

    /// <summary>Liveness: what an operator was promised is done, when nothing was in the way for a while.</summary>
    public void Pauses(VmId vm, TransferPolicy sentBy)
    {
        if (_restored || Plan.LostPerMille > 0 || ActiveOf(vm) is not { Kind: StageKind.PreCopy } active
            || sentBy == active.Plan.Policy.Transfer
            || Scheduler.Now - Math.Max(_disturbedAt, _wishedAt.GetValueOrDefault(vm)) < WishWithin)
            return;
        throw new RuleBrokenException(string.Create(
            CultureInfo.InvariantCulture,
            $"liveness: {vm} is sent with at most {sentBy.BandwidthMax} B/s, and {active.Plan.Policy.Transfer.BandwidthMax} was promised"));
    }

    /// <summary>Something is wrong, or no longer: time-outs run from here.</summary>
    private void Disturbed() => _disturbedAt = Scheduler.Now;

    private void Wished(VmId vm, TransferPolicy policy)
    {
        if (!_policies.TryGetValue(vm, out var known))
            _policies[vm] = known = [];
        known.Add(policy);
        _wishedAt[vm] = Scheduler.Now;
    }

    /// <summary>Asks the VM's host what the guest writes; whoever asks waits a while and asks again.</summary>
    private void Measure(VmId vm, int intervalMs)
    {
        if (VmState(vm) is not KnownVm known)
            return;
        Trace($"operator {vm} MeasureDirtying");
        Current!.TrySend(known.Owner, new MeasureDirtying(Stamp.OfLife(vm, known.Epoch), intervalMs));
    }
}
