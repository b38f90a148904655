using Fabric.Actors.Journal;

namespace Fabric.Actors.Runtime;

/// <summary>The stream cannot be folded into a state. A restart would read the same rows, so the actor stops.</summary>
public sealed class RecoveryFailedException(StreamId stream, long version, Exception cause) : StopActorException(
    $"{stream} cannot be recovered past version {version}: {cause.Message}", cause)
{
    public StreamId Stream { get; } = stream;

    /// <summary>The last version that was applied.</summary>
    public long Version { get; } = version;
}
