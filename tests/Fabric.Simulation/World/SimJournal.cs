using System.Runtime.CompilerServices;
using Fabric.Actors.Journal;
using Fabric.Simulation.Engine;

namespace Fabric.Simulation.World;

/// <summary>A disk's file as one life of a process sees it.</summary>
internal sealed class SimJournal(SimProcess process, SimDisk disk) : IJournal
{
    /// <summary>A planted bug: in streams of this kind nobody sees what others have written since.</summary>
    public string? NeverReadOn { get; init; }

    public Task<AppendResult> AppendAsync(
        IReadOnlyList<StreamAppend> appends, CancellationToken cancellationToken = default) =>
        disk.Append(process, appends);

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(
        StreamId stream, long fromVersion = 1, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Readable();
        if (fromVersion > 1 && string.Equals(stream.Kind, NeverReadOn, StringComparison.Ordinal))
            yield break;
        // A copy: others write while it is read.
        foreach (var recorded in disk.Read(stream).ToArray())
        {
            if (recorded.Version >= fromVersion)
                yield return recorded;
        }

        await Task.CompletedTask;
    }

    public async IAsyncEnumerable<StreamInfo> ListStreamsAsync(
        string kindPrefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Readable();
        foreach (var stream in disk.Streams.ToArray())
        {
            if (stream.Kind.StartsWith(kindPrefix, StringComparison.Ordinal))
                yield return new StreamInfo(stream, disk.Read(stream).Count);
        }

        await Task.CompletedTask;
    }

    private void Readable()
    {
        if (disk.Always is DiskFault.Fails)
            throw SimDisk.Unavailable(DiskFault.Fails);
    }
}
