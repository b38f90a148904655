using Fabric.Actors.Journal;
using Fabric.Protocol;
using Fabric.Testing;

namespace Fabric.Actors.Tests.Journal;

/// <summary>What every journal must do. Each kind of journal runs the whole of it.</summary>
public abstract class JournalSpec : IAsyncLifetime
{
    protected static readonly StreamId Migration = new("migration", "m-1");
    protected static readonly StreamId Vm = new("vm", "web-1");

    protected VirtualTime Time { get; } = new();

    protected IJournal Journal { get; set; } = null!;

    public virtual async Task InitializeAsync() => Journal = await OpenAsync(TestEvents.Registry);

    public abstract Task DisposeAsync();

    /// <summary>The same store again, perhaps with another build's registry.</summary>
    protected abstract Task<IJournal> OpenAsync(EventRegistry registry);

    /// <summary>Changes a stored row; null removes it.</summary>
    protected abstract Task TamperAsync(StreamId stream, long version, Func<JournalRow, JournalRow?> change);

    [Fact]
    public async Task Events_come_back_as_they_were_written_with_version_sequence_name_and_time()
    {
        Time.AdvanceBy(TimeSpan.FromSeconds(5));

        var result = await AppendAsync(Migration, 0, new Opened("a"), new Added(7));

        var read = await ReadAsync(Migration);
        read.ShouldBe(result.Events);
        read.Select(e => e.Event).ShouldBe([new Opened("a"), new Added(7)]);
        read.Select(e => (e.Version, e.Sequence)).ShouldBe([(1L, 1L), (2L, 2L)]);
        read.Select(e => e.Name).ShouldBe(["test.opened.v1", "test.added.v2"]);
        read[0].RecordedAt.ShouldBe(Time.GetUtcNow());
    }

    [Fact]
    public async Task Text_of_every_kind_survives()
    {
        const string text = "\0 \n \" \\ \u202E \uFFFD 🖥 e\u0301";
        await AppendAsync(Migration, 0, new Opened(text));
        (await ReadAsync(Migration))[0].Event.ShouldBe(new Opened(text));
    }

    [Fact]
    public async Task Two_streams_are_appended_in_one_transaction()
    {
        await Journal.AppendAsync([
            new StreamAppend(Migration, 0, [new Opened("m")]),
            new StreamAppend(Vm, 0, [new Opened("v"), new Added(1)])]);

        (await ReadAsync(Migration)).Count.ShouldBe(1);
        (await ReadAsync(Vm)).Select(e => e.Sequence).ShouldBe([2L, 3L]);
    }

    [Fact]
    public async Task A_conflict_on_the_second_stream_leaves_the_first_unwritten()
    {
        await AppendAsync(Vm, 0, new Opened("v"));

        var conflict = await Should.ThrowAsync<JournalConflictException>(() => Journal.AppendAsync([
            new StreamAppend(Migration, 0, [new Opened("m")]),
            new StreamAppend(Vm, 0, [new Added(1)])]));

        conflict.ShouldSatisfyAllConditions(
            c => c.Stream.ShouldBe(Vm), c => c.ExpectedVersion.ShouldBe(0), c => c.ActualVersion.ShouldBe(1));
        (await ReadAsync(Migration)).ShouldBeEmpty();
        (await ReadAsync(Vm)).Count.ShouldBe(1);
        await AppendAsync(Migration, 0, new Opened("the next good append works"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_wrong_expected_version_is_a_conflict_whether_too_low_or_too_high(long expected)
    {
        await AppendAsync(Migration, 0, new Opened("a"), new Added(1), new Added(2));
        (await Should.ThrowAsync<JournalConflictException>(() => AppendAsync(Migration, expected, new Added(3))))
            .ActualVersion.ShouldBe(3);
    }

    [Fact]
    public async Task Of_many_writers_with_one_expected_version_exactly_one_wins()
    {
        var writers = Enumerable.Range(0, 20).Select(i => Task.Run(async () =>
        {
            try
            {
                await AppendAsync(Migration, 0, new Added(i));
                return 1;
            }
            catch (JournalConflictException)
            {
                return 0;
            }
        }));

        (await Task.WhenAll(writers)).Sum().ShouldBe(1);
        (await ReadAsync(Migration)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_part_without_events_claims_a_version_and_writes_nothing()
    {
        await AppendAsync(Vm, 0, new Opened("v"));
        await Journal.AppendAsync([new StreamAppend(Migration, 0, [new Added(1)]), new StreamAppend(Vm, 1, [])]);
        await Should.ThrowAsync<JournalConflictException>(() => Journal.AppendAsync(
            [new StreamAppend(Migration, 1, [new Added(2)]), new StreamAppend(Vm, 0, [])]));

        (await ReadAsync(Migration)).Count.ShouldBe(1);
        (await ReadAsync(Vm)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Reading_starts_at_the_version_asked_for()
    {
        await AppendAsync(Migration, 0, new Opened("a"), new Added(1), new Added(2));

        (await ReadAsync(Migration, 3)).Select(e => e.Version).ShouldBe([3L]);
        (await ReadAsync(Migration, 4)).ShouldBeEmpty();
        (await ReadAsync(Migration, 99)).ShouldBeEmpty();
        (await ReadAsync(new StreamId("vm", "unknown"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_longer_than_one_page_is_read_whole_and_in_order()
    {
        const int appends = (Limits.Journal.RowsPerRead / Limits.Journal.EventsPerAppendMax * 2) + 1;
        for (var i = 0; i < appends; i++)
            await AppendAsync(Migration, i * 64L, [.. Enumerable.Range(0, 64).Select(n => new Added((i * 64) + n))]);

        (await ReadAsync(Migration)).Select(e => ((Added)e.Event).Bytes)
            .ShouldBe(Enumerable.Range(0, appends * 64).Select(n => (long)n));
    }

    [Fact]
    public async Task Streams_are_listed_by_prefix_with_their_versions()
    {
        foreach (var id in (string[])["m-2", "m-1"]) await AppendAsync(new StreamId("migration", id), 0, new Added(1));
        await AppendAsync(Vm, 0, new Added(1), new Added(2));

        (await ListAsync("migration")).ShouldBe(["migration/m-1@1", "migration/m-2@1"]);
        (await ListAsync("")).ShouldBe(["migration/m-1@1", "migration/m-2@1", "vm/web-1@2"]);
        (await ListAsync("%")).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_appended_is_there_after_opening_again()
    {
        await AppendAsync(Migration, 0, new Opened("a"));
        Journal = await OpenAsync(TestEvents.Registry);
        await AppendAsync(Migration, 1, new Added(1));
        (await ReadAsync(Migration)).Select(e => e.Sequence).ShouldBe([1L, 2L]);
    }

    [Fact]
    public async Task Unregistered_event_is_rejected_and_nothing_of_its_append_is_written()
    {
        await Should.ThrowAsync<EventRejectedException>(
            () => AppendAsync(Migration, 0, new Opened("a"), new Unregistered(1)));
        (await ReadAsync(Migration)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Event_over_the_size_limit_is_rejected()
    {
        var text = new string('x', Limits.Journal.EventBytesMax);
        (await Should.ThrowAsync<EventRejectedException>(() => AppendAsync(Migration, 0, new Opened(text))))
            .Message.ShouldNotContain("xxx");
        await AppendAsync(Migration, 0, new Opened(text[..^100]));
    }

    [Fact]
    public async Task Empty_and_overlong_appends_are_refused()
    {
        var tooMany = Enumerable.Repeat<object>(new Added(1), Limits.Journal.EventsPerAppendMax + 1).ToArray();
        await Should.ThrowAsync<ArgumentException>(() => AppendAsync(Migration, 0));
        await Should.ThrowAsync<ArgumentException>(() => AppendAsync(Migration, 0, tooMany));
        await Should.ThrowAsync<ArgumentException>(() => AppendAsync(Migration, -1, new Added(1)));
        await Should.ThrowAsync<ArgumentException>(() => Journal.AppendAsync(
            [new StreamAppend(Vm, 0, [new Added(1)]), new StreamAppend(Vm, 1, [new Added(1)])]));
        (await ListAsync("")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Event_of_a_newer_build_is_a_named_error_and_not_skipped()
    {
        await AppendAsync(Migration, 0, new Opened("a"), new Closed("done"));
        Journal = await OpenAsync(TestEvents.OlderRegistry);

        var unknown = await Should.ThrowAsync<UnknownEventException>(() => ReadAsync(Migration));

        unknown.ShouldSatisfyAllConditions(
            u => u.Stream.ShouldBe(Migration), u => u.Version.ShouldBe(2), u => u.Name.ShouldBe("test.closed.v1"));
    }

    [Theory]
    [InlineData("payload")]
    [InlineData("name")]
    [InlineData("time")]
    [InlineData("sequence")]
    [InlineData("checksum")]
    [InlineData("row removed")]
    [InlineData("row of another stream")]
    public async Task A_changed_row_is_seen(string what)
    {
        await AppendAsync(Migration, 0, new Opened("a"), new Added(1), new Added(2));
        await AppendAsync(Vm, 0, new Opened("a"), new Added(99), new Added(2));
        var foreign = (await RawRowAsync(Vm, 2))!;

        await TamperAsync(Migration, 2, row => what switch
        {
            "payload" => row with { Json = Flip(row.Json) },
            "name" => row with { Name = "test.added.v1" },
            "time" => row with { RecordedAtMs = row.RecordedAtMs + 1 },
            "sequence" => row with { Sequence = 1000 },
            "checksum" => row with { Checksum = Flip(row.Checksum) },
            "row removed" => null,
            _ => row with { Json = foreign.Json, Checksum = foreign.Checksum },
        });

        var corrupt = await Should.ThrowAsync<CorruptEventException>(() => ReadAsync(Migration));
        (corrupt.Stream, corrupt.Version).ShouldBe((Migration, 2L));
        (await ReadAsync(Vm)).Count.ShouldBe(3, "the other stream is sound");
    }

    protected Task<AppendResult> AppendAsync(StreamId stream, long expectedVersion, params object[] events) =>
        Journal.AppendAsync([new StreamAppend(stream, expectedVersion, events)]);

    protected async Task<List<RecordedEvent>> ReadAsync(StreamId stream, long fromVersion = 1)
    {
        var events = new List<RecordedEvent>();
        await foreach (var recorded in Journal.ReadAsync(stream, fromVersion)) events.Add(recorded);
        return events;
    }

    protected async Task<JournalRow?> RawRowAsync(StreamId stream, long version)
    {
        JournalRow? found = null;
        await TamperAsync(stream, version, row => found = row);
        return found;
    }

    private async Task<List<string>> ListAsync(string prefix)
    {
        var streams = new List<string>();
        await foreach (var info in Journal.ListStreamsAsync(prefix)) streams.Add($"{info.Stream}@{info.Version}");
        return streams;
    }

    // A digit or letter becomes its neighbour: still valid JSON, so nothing but the checksum can notice.
    private static byte[] Flip(byte[] bytes)
    {
        var copy = bytes.ToArray();
        copy[^2] ^= 1;
        return copy;
    }
}
