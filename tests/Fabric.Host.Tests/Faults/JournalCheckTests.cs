using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Faults;

public sealed class JournalCheckTests : IDisposable
{
    private static readonly VmSpec Spec = new() { Id = VmId.Of("demo"), MemoryKiB = 131_136 };
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;

    private readonly TempDirectory _directory = new();

    private string File => Path.Combine(_directory.Path, "journal.db");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_journal_that_is_one_history_has_no_fault()
    {
        await WriteAsync(new VmCreated(Spec, HostId.Of("a"), At), new VmStartOrdered(1, At), new VmStarted(At));
        var (history, faults) = await JournalCheck.ReadAsync(File, Spec.Id, [], CancellationToken.None);
        faults.ShouldBeEmpty();
        history.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Events_that_cannot_follow_each_other_are_a_fault()
    {
        await WriteAsync(new VmCreated(Spec, HostId.Of("a"), At), new VmStarted(At));
        var (_, faults) = await JournalCheck.ReadAsync(File, Spec.Id, [], CancellationToken.None);
        faults.ShouldHaveSingleItem().ShouldContain("not one history");
    }

    [Fact]
    public async Task A_journal_that_cannot_be_read_says_nothing() => (await Should.ThrowAsync<LabException>(
        () => JournalCheck.ReadAsync(File, Spec.Id, [], CancellationToken.None))).Message.ShouldContain("cannot be read");

    private async Task WriteAsync(params VmEvent[] events)
    {
        await using var journal = SqliteJournal.Open(
            new SqliteJournalOptions { Path = File }, FabricEvents.Registry, TimeProvider.System);
        await journal.AppendAsync([new StreamAppend(FabricEvents.StreamOf(Spec.Id), 0, events)], CancellationToken.None);
    }
}
