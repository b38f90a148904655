using BenchmarkDotNet.Attributes;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Micro;

/// <summary>One event made durable: a transaction and an fsync on the disk of the temporary directory.</summary>
public class JournalBench
{
    private static readonly StreamId Stream = FabricEvents.StreamOf(MigrationId.Of("m-bench"));
    private DirectoryInfo? _directory;
    private SqliteJournal? _journal;
    private RoundCompleted? _happened;
    private long _version;

    [GlobalSetup]
    public void Open()
    {
        _directory = Directory.CreateTempSubdirectory("fb-");
        _journal = SqliteJournal.Open(
            new SqliteJournalOptions { Path = Path.Combine(_directory.FullName, "journal.db") }, FabricEvents.Registry,
            TimeProvider.System);
        _happened = new RoundCompleted(
            1, new Round(1, 33_600, 74_000_000, 728, 200, 500_000_000, 150), TimeProvider.System.GetUtcNow());
    }

    [Benchmark]
    public long JournalAppend()
    {
        _journal!.AppendAsync([new StreamAppend(Stream, _version, [_happened!])]).GetAwaiter().GetResult();
        return ++_version;
    }

    [GlobalCleanup]
    public void Close()
    {
        _journal!.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _directory!.Delete(recursive: true);
    }
}
