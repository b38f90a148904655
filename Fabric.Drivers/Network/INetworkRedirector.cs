using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// One host's part in moving VMs' networks. Each step may come again, after a lost answer or a crash, and then finds
/// what
/// is done; a step that failed half-way is done again or rolled back. Steps throw <see cref="NetworkException"/>, with
/// the
/// step in it.
/// <code>
/// precheck -> prepare -> activate -> release      the VM stays here (target), or is gone from here (the other roles)
///                 \          \
///                  roll back, at any time before release: as it was
/// </code>
/// The order between hosts: target, source and anchor prepare before vteps and routers do; the target activates first.
/// </summary>
public interface INetworkRedirector : IAsyncDisposable
{
    /// <summary>Says what would go wrong. Changes nothing.</summary>
    Task<NetworkStepResult> PrecheckAsync(NetworkMove move, CancellationToken cancellation);

    /// <summary>Notes what is there, then does all but the flip. The VM's traffic goes on as before.</summary>
    Task<NetworkStepResult> PrepareAsync(NetworkMove move, CancellationToken cancellation);

    /// <summary>
    /// The flip. From the moment that the source is paused it may come: what arrives at a TAP that the hypervisor holds
    /// waits there until the guest runs. The announcements of a target need a guest that runs, so that its answers are
    /// not
    /// awaited in vain.
    /// </summary>
    Task<NetworkStepResult> ActivateAsync(NetworkMove move, CancellationToken cancellation);

    /// <summary>Puts everything back as it was noted. Nothing noted is nothing to do.</summary>
    Task<NetworkStepResult> RollBackAsync(NetworkMove move, CancellationToken cancellation);

    /// <summary>Takes away what only the move needed, and forgets what was before.</summary>
    Task<NetworkStepResult> ReleaseAsync(NetworkMove move, CancellationToken cancellation);

    /// <summary>
    /// At a host of an overlay that is neither end of the move: the VM's traffic is led to the target. Nothing is noted, for
    /// there is no way back but another move. A host without the overlay leaves all as it is; the target, and whoever has
    /// the VM's TAP, only gets to know the other hosts.
    /// </summary>
    Task<NetworkStepResult> LeadAsync(NetworkMove move, CancellationToken cancellation);

    /// <summary>Moves that have begun on this host and have not ended.</summary>
    IReadOnlyList<NetworkNote> Open();
}
