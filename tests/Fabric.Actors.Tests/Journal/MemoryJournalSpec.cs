using Fabric.Actors.Journal;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Journal;

public sealed class MemoryJournalSpec : JournalSpec
{
    private MemoryJournal? _first;

    private MemoryJournal Memory => (MemoryJournal)Journal;

    public override Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(JournalFailure.BeforeWrite, AppendOutcome.NotWritten, 0)]
    [InlineData(JournalFailure.DiskFull, AppendOutcome.NotWritten, 0)]
    [InlineData(JournalFailure.TornCommit, AppendOutcome.Unknown, 0)]
    [InlineData(JournalFailure.AfterCommit, AppendOutcome.Unknown, 1)]
    public async Task A_failure_says_what_is_known_and_leaves_what_it_says(
        JournalFailure failure, AppendOutcome outcome, int written)
    {
        Memory.FailNext(failure);
        (await Should.ThrowAsync<JournalUnavailableException>(() => AppendAsync(Migration, 0, new Opened("a"))))
            .Outcome.ShouldBe(outcome);
        (await ReadAsync(Migration)).Count.ShouldBe(written);
        await AppendAsync(Migration, written, new Added(1));
    }

    [Fact]
    public async Task A_failure_waits_for_the_append_it_is_meant_for()
    {
        Memory.FailNext(JournalFailure.DiskFull, appends => appends.Any(a => a.Stream == Vm));
        await AppendAsync(Migration, 0, new Opened("a"));
        await Should.ThrowAsync<JournalUnavailableException>(() => AppendAsync(Vm, 0, new Opened("v")));
    }

    [Fact]
    public async Task A_restored_backup_looks_sound_and_has_forgotten_what_came_later()
    {
        await AppendAsync(Migration, 0, new Opened("a"));
        var backup = Memory.Backup();
        await AppendAsync(Migration, 1, new Closed("committed"));
        Memory.Restore(backup);
        (await ReadAsync(Migration)).Select(e => e.Event).ShouldBe([new Opened("a")]);
    }

    protected override Task<IJournal> OpenAsync(EventRegistry registry)
    {
        var journal = new MemoryJournal(registry, Time);
        if (_first is null) _first = journal;
        else journal.Restore(_first.Backup());
        return Task.FromResult<IJournal>(journal);
    }

    protected override Task TamperAsync(StreamId stream, long version, Func<JournalRow, JournalRow?> change)
    {
        Memory.Tamper(stream, version, change);
        return Task.CompletedTask;
    }
}
