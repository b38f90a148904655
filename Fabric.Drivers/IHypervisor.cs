using Fabric.Drivers.Disks;
using Fabric.Protocol;

namespace Fabric.Drivers;

/// <summary>
/// A kind of hypervisor on this host. It starts machines as processes that outlive the caller, and finds them again.
/// </summary>
public interface IHypervisor
{
    /// <summary>What the fabric calls it, such as <c>qemu</c>.</summary>
    string Name { get; }

    /// <summary>Looks at the installed program; cached after the first success.</summary>
    /// <exception cref="HypervisorException">It is missing or does not answer.</exception>
    Task<HypervisorFacts> ProbeAsync(CancellationToken cancellation);

    /// <summary>What keeps this host from running the machine as it is specified; empty when nothing does.</summary>
    Task<IReadOnlyList<Unfitness>> CheckAsync(VmSpec spec, CancellationToken cancellation);

    /// <summary>
    /// Starts a process for the machine, vCPUs stopped, in <paramref name="directory"/> (made, private). For
    /// <see cref="StartMode.Boot"/> the caller lets it run with <see cref="IMachine.ContinueAsync"/>; for
    /// <see cref="StartMode.Incoming"/> it waits for <see cref="IMachine.BeginIncomingAsync"/>.
    /// </summary>
    /// <exception cref="HypervisorException">It did not start; the message has the end of its log.</exception>
    Task<IMachine> StartAsync(VmSpec spec, StartMode mode, string directory, CancellationToken cancellation);

    /// <summary>
    /// Finds the process that an earlier <see cref="StartAsync"/> left in the directory; null when it is known to be
    /// dead (its pid is gone or belongs to another process by start time).
    /// </summary>
    /// <exception cref="HypervisorException">It lives but its monitor does not answer.</exception>
    Task<IMachine?> AdoptAsync(string directory, CancellationToken cancellation);

    /// <summary>
    /// Ends the process of a directory without its monitors, for one that cannot be adopted because it hangs. False
    /// when there was none.
    /// </summary>
    Task<bool> KillAsync(string directory, CancellationToken cancellation);
}

/// <summary>Why a process is started.</summary>
public enum StartMode
{
    /// <summary>To boot the guest.</summary>
    Boot = 1,

    /// <summary>To take in a guest from elsewhere.</summary>
    Incoming,
}

/// <summary>What the installed hypervisor is.</summary>
/// <param name="Version">Such as <c>7.2.22</c>.</param>
/// <param name="Accelerator"><c>kvm</c> or <c>tcg</c>.</param>
/// <param name="Machines">Machine types that it offers.</param>
public sealed record HypervisorFacts(Version Version, string Accelerator, IReadOnlySet<string> Machines);

/// <summary>One reason why a host cannot run a machine.</summary>
public sealed record Unfitness(FailureReason Reason, string Detail);

/// <summary>
/// A machine: one hypervisor process. All calls are safe to make at the same time; calls on a dead one throw. Letting
/// go of it (<see cref="IAsyncDisposable.DisposeAsync"/>) leaves the process as it is.
/// </summary>
public interface IMachine : IAsyncDisposable
{
    /// <summary>Its process.</summary>
    int ProcessId { get; }

    /// <summary>Completes when the process is gone; never faults.</summary>
    Task Exited { get; }

    /// <summary>Its disks; null where the hypervisor has none.</summary>
    IMachineDisks? Disks => null;

    /// <summary>What the machine does right now, in one consistent look.</summary>
    Task<MachineStatus> ObserveAsync(CancellationToken cancellation);

    /// <summary>
    /// What happens, in order, beginning with the state that was found. Bounded: when a reader lags, progress is merged
    /// and the last state of each kind is kept. Ends after <see cref="MachineExited"/>. One reader.
    /// </summary>
    IAsyncEnumerable<MachineEvent> EventsAsync(CancellationToken cancellation);

    /// <summary>Lets the vCPUs run.</summary>
    Task ContinueAsync(CancellationToken cancellation);

    /// <summary>Stops the vCPUs.</summary>
    Task PauseAsync(CancellationToken cancellation);

    /// <summary>
    /// Listens for an incoming migration on a UNIX socket. Whoever connects must send: a connection without
    /// bytes ends the process.
    /// </summary>
    Task BeginIncomingAsync(string socketPath, CancellationToken cancellation);

    /// <summary>Starts sending to a UNIX socket, with pause-before-switchover.</summary>
    Task BeginOutgoingAsync(string socketPath, TransferPolicy policy, CancellationToken cancellation);

    /// <summary>Goes on from pre-switchover to the last pages and the device state.</summary>
    Task ContinueSwitchoverAsync(CancellationToken cancellation);

    /// <summary>
    /// Cancels an outgoing migration in any phase; no effect after completion. Idempotent. Where the last bytes are
    /// stuck the connection is cut instead, and the phase is then <see cref="MigrationPhase.Failed"/>, not
    /// <see cref="MigrationPhase.Cancelled"/>; a cancel from QEMU 9 on may end so too. A running guest runs on either
    /// way.
    /// </summary>
    Task CancelOutgoingAsync(CancellationToken cancellation);

    /// <summary>
    /// Changes bandwidth (bytes a second, 0 is unlimited) and downtime limit of a migration under
    /// way.
    /// </summary>
    Task SetPolicyAsync(TransferPolicy policy, CancellationToken cancellation);

    /// <summary>
    /// Holds a migration under way to other limits. Slowing the guest takes effect after some seconds, and needs a
    /// policy that may (<see cref="TransferPolicy.MayThrottle"/>) from the beginning. Idempotent.
    /// </summary>
    Task LimitAsync(TransferLimits limits, CancellationToken cancellation);

    /// <summary>
    /// Watches what the guest writes for an interval: its writable working set. QEMU estimates it from a sample of pages,
    /// and counts whole seconds; not while it sends.
    /// </summary>
    /// <returns>Different pages written, of 4 KiB, and how long it was really watched.</returns>
    Task<DirtyingSeen> WatchDirtyingAsync(TimeSpan interval, CancellationToken cancellation);

    /// <summary>Asks the guest to turn itself off.</summary>
    Task PowerDownAsync(CancellationToken cancellation);

    /// <summary>Ends the process at once and waits until it is gone. Works on a hung one. Idempotent.</summary>
    Task KillAsync(CancellationToken cancellation);
}

/// <summary>What a guest wrote.</summary>
public sealed record DirtyingSeen(long Pages, TimeSpan Interval);

/// <summary>One look at a machine.</summary>
/// <param name="Run">Whether vCPUs run.</param>
/// <param name="Phase">Where its migration stands.</param>
/// <param name="Detail">The hypervisor's own error text, when it has one.</param>
/// <param name="Progress">Numbers of an outgoing migration; WireBytes is 0 here.</param>
public sealed record MachineStatus(RunState Run, MigrationPhase Phase, string? Detail, TransferProgress? Progress);

/// <summary>Something that happened in a machine.</summary>
public abstract record MachineEvent;

/// <summary>The vCPUs stopped or started, or the guest went down.</summary>
public sealed record RunStateChanged(RunState Run) : MachineEvent;

/// <summary>The migration changed its state.</summary>
public sealed record MigrationPhaseChanged(MigrationPhase Phase, string? Detail) : MachineEvent;

/// <summary>A pre-copy round ended.</summary>
public sealed record RoundEnded(Round Round) : MachineEvent;

/// <summary>Numbers of a migration under way.</summary>
public sealed record ProgressMade(TransferProgress Progress) : MachineEvent;

/// <summary>The process is gone; the last event.</summary>
public sealed record MachineExited(int? ExitCode, string LogTail) : MachineEvent;
