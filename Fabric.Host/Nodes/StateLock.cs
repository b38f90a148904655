namespace Fabric.Host.Nodes;

/// <summary>
/// One node at a time in a state directory: two agents on one ledger would both believe that they decide. The kernel
/// gives the lock back when the process dies, however it dies.
/// </summary>
internal sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>Makes the directory private and takes its lock.</summary>
    /// <exception cref="NodeStartException">Another node has it, or it cannot be made.</exception>
    public static StateLock Take(string directory)
    {
        try
        {
            Directory.CreateDirectory(
                directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new StateLock(new FileStream(
                Path.Combine(directory, "node.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NodeStartException(
                $"The state directory '{directory}' cannot be taken: {e.Message} If another node runs there, stop it " +
                "or give this one its own node.state-dir.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

/// <summary>A node cannot start; the message says why and what to do.</summary>
public sealed class NodeStartException(string message, Exception? cause = null) : Exception(message, cause);
