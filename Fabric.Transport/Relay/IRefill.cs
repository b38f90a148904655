using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>Can give another QEMU all that the one before it was given.</summary>
internal interface IRefill
{
    /// <summary>Why not; any thread. What it says may have changed when it is tried.</summary>
    RefillRefusal WhyNot { get; }

    /// <summary>Does it; the caller has the turn.</summary>
    /// <exception cref="PageWorkException">What is held is damaged, or cannot be read.</exception>
    RefillRefusal Refill(IByteSink fresh);
}
