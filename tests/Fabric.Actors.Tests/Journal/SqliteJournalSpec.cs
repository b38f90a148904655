using System.Text;
using Fabric.Actors.Journal;
using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Tests.Journal;

public sealed class SqliteJournalSpec : JournalSpec
{
    private readonly string _root = Directory.CreateTempSubdirectory("fabric-journal-").FullName;
    private readonly List<SqliteJournal> _open = [];

    private string DatabasePath => Path.Combine(_root, "private", "journal.db");

    public override async Task DisposeAsync()
    {
        foreach (var journal in _open) await journal.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void Directory_and_file_are_private_to_their_owner()
    {
        if (OperatingSystem.IsWindows()) return;
        ((int)File.GetUnixFileMode(Path.GetDirectoryName(DatabasePath)!)).ShouldBe(Convert.ToInt32("700", 8));
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(DatabasePath)!))
            ((int)File.GetUnixFileMode(file)).ShouldBe(Convert.ToInt32("600", 8), file);
    }

    [Fact]
    public async Task Commits_are_synced_and_logged_ahead()
    {
        await AppendAsync(Migration, 0, new Opened("a"));
        Sql("PRAGMA journal_mode").ShouldBe("wal");
        File.Exists(DatabasePath + "-wal").ShouldBeTrue();
    }

    [Fact]
    public async Task Reader_of_its_own_sees_what_a_writer_of_the_same_file_has_committed()
    {
        using var reader = new SqliteJournalReader(
            new SqliteJournalOptions { Path = DatabasePath }, TestEvents.Registry);
        (await reader.ReadAsync(Migration).ToListAsync()).ShouldBeEmpty();
        await AppendAsync(Migration, 0, new Opened("a"));
        (await reader.ReadAsync(Migration).ToListAsync()).Single().Event.ShouldBe(new Opened("a"));
    }

    [Fact]
    public async Task Database_of_a_newer_schema_is_refused_by_name_and_left_alone()
    {
        await CloseAsync();
        Sql("UPDATE schema_version SET version = 7");

        var newer = await Should.ThrowAsync<JournalSchemaException>(() => OpenAsync(TestEvents.Registry));

        (newer.Found, newer.Known).ShouldBe((7L, 1L));
        Sql("SELECT version FROM schema_version").ShouldBe("7");
    }

    [Fact]
    public async Task File_that_is_no_database_is_refused_as_damaged()
    {
        await CloseAsync();
        DeleteFiles();
        await File.WriteAllTextAsync(DatabasePath, new string('x', 8192));
        (await Should.ThrowAsync<JournalUnavailableException>(() => OpenAsync(TestEvents.Registry)))
            .Fault.ShouldBe(JournalFault.Damaged);
    }

    [Fact]
    public async Task Path_that_is_a_directory_cannot_be_opened_and_the_error_says_what_to_do()
    {
        var options = new SqliteJournalOptions { Path = _root };
        var unavailable = Should.Throw<JournalUnavailableException>(
            () => SqliteJournal.Open(options, TestEvents.Registry, Time));
        unavailable.Fault.ShouldBe(JournalFault.CannotOpen);
        unavailable.Message.ShouldContain(unavailable.Advice);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task Lock_of_another_process_refuses_the_append_and_its_end_lets_the_next_pass()
    {
        await CloseAsync();
        await using var impatient = SqliteJournal.Open(
            new SqliteJournalOptions { Path = DatabasePath, BusyTimeout = TimeSpan.FromMilliseconds(10) },
            TestEvents.Registry, Time);
        await using var other = Connect();
        Execute(other, "BEGIN IMMEDIATE");

        var locked = await Should.ThrowAsync<JournalUnavailableException>(
            () => impatient.AppendAsync([new StreamAppend(Migration, 0, [new Opened("a")])]));
        (locked.Fault, locked.Outcome).ShouldBe((JournalFault.Locked, AppendOutcome.NotWritten));

        Execute(other, "ROLLBACK");
        await impatient.AppendAsync([new StreamAppend(Migration, 0, [new Opened("a")])]);
    }

    [Fact]
    public async Task Full_disk_refuses_the_commit_whole_and_reading_goes_on()
    {
        await CloseAsync();
        await using var small = SqliteJournal.Open(
            new SqliteJournalOptions { Path = DatabasePath, FileBytesMax = 64 * 1024 }, TestEvents.Registry, Time);
        Journal = small;
        await AppendAsync(Migration, 0, new Opened("a"));

        var full = await Should.ThrowAsync<JournalUnavailableException>(() => Journal.AppendAsync([
            new StreamAppend(Migration, 1, [new Closed("commit")]),
            new StreamAppend(Vm, 0, [new Opened(new string('x', 100_000))])]));

        full.Fault.ShouldBe(JournalFault.Full);
        (await ReadAsync(Migration)).Select(e => e.Event).ShouldBe([new Opened("a")]);
        (await ReadAsync(Vm)).ShouldBeEmpty();
        await AppendAsync(Migration, 1, new Closed("small enough"));
    }

    [Fact]
    public async Task Two_journals_on_one_file_cannot_both_write_the_same_version()
    {
        await using var other = SqliteJournal.Open(
            new SqliteJournalOptions { Path = DatabasePath }, TestEvents.Registry, Time);
        await AppendAsync(Migration, 0, new Opened("a"));
        await other.AppendAsync([new StreamAppend(Migration, 1, [new Added(1)])]);

        (await Should.ThrowAsync<JournalConflictException>(() => AppendAsync(Migration, 1, new Added(2))))
            .ActualVersion.ShouldBe(2);
        (await ReadAsync(Migration)).Select(e => e.Event).ShouldBe([new Opened("a"), new Added(1)]);
    }

    [Fact]
    public async Task Torn_last_commit_is_gone_after_the_crash_and_all_before_it_is_there()
    {
        await AppendAsync(Migration, 0, new Opened("a"));
        var lengthBefore = new FileInfo(DatabasePath + "-wal").Length;
        await Journal.AppendAsync([
            new StreamAppend(Migration, 1, [new Closed("commit")]), new StreamAppend(Vm, 0, [new Opened("v")])]);

        // What the disk holds after a power cut in the middle of writing the second commit.
        var crashed = Path.Combine(_root, "crashed", "journal.db");
        Directory.CreateDirectory(Path.GetDirectoryName(crashed)!);
        File.Copy(DatabasePath, crashed);
        File.Copy(DatabasePath + "-wal", crashed + "-wal");
        await using (var wal = new FileStream(crashed + "-wal", FileMode.Open))
        {
            wal.Length.ShouldBeGreaterThan(lengthBefore);
            wal.SetLength(wal.Length - 100);
        }

        await using var recovered = SqliteJournal.Open(
            new SqliteJournalOptions { Path = crashed }, TestEvents.Registry, Time);
        Journal = recovered;
        (await ReadAsync(Migration)).Select(e => e.Event).ShouldBe([new Opened("a")]);
        (await ReadAsync(Vm)).ShouldBeEmpty();
        await AppendAsync(Migration, 1, new Closed("commit, again"));
    }

    [Fact]
    public async Task Last_row_that_went_missing_is_seen()
    {
        await AppendAsync(Migration, 0, new Opened("a"), new Added(1));
        await TamperAsync(Migration, 2, _ => null);
        (await Should.ThrowAsync<CorruptEventException>(() => ReadAsync(Migration))).Version.ShouldBe(2);
    }

    [Fact]
    public async Task Stream_whose_rows_are_all_missing_is_not_taken_for_a_new_one()
    {
        await AppendAsync(Migration, 0, new Opened("a"));
        await TamperAsync(Migration, 1, _ => null);
        await Should.ThrowAsync<CorruptEventException>(() => ReadAsync(Migration));
        await Should.ThrowAsync<JournalConflictException>(() => AppendAsync(Migration, 0, new Opened("again")));
    }

    [Theory]
    [InlineData("UPDATE events SET json = NULL WHERE version = 2")]
    [InlineData("UPDATE events SET checksum = 'text' WHERE version = 2")]
    [InlineData("UPDATE streams SET version = 1")]
    [InlineData("UPDATE streams SET checksum = x'00'")]
    [InlineData("DELETE FROM streams")]
    public async Task Damage_that_only_sql_can_do_is_seen(string sql)
    {
        await AppendAsync(Migration, 0, new Opened("a"), new Added(1));
        Sql("PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON; " +
            "UPDATE sqlite_master SET sql = replace(sql, 'json TEXT NOT NULL', 'json TEXT')");
        Sql(sql);
        await Should.ThrowAsync<CorruptEventException>(() => ReadAsync(Migration));
    }

    [Fact]
    public async Task Closing_writes_what_was_accepted_and_refuses_what_comes_after()
    {
        var appends = Enumerable.Range(0, 100)
            .Select(i => AppendAsync(new StreamId("vm", $"v-{i}"), 0, new Added(i))).ToList();
        await CloseAsync();

        await Task.WhenAll(appends);
        (await Should.ThrowAsync<JournalUnavailableException>(() => AppendAsync(Vm, 0, new Added(1))))
            .Fault.ShouldBe(JournalFault.Closed);
        Sql("SELECT count(*) FROM events").ShouldBe("100");
    }

    protected override Task<IJournal> OpenAsync(EventRegistry registry)
    {
        var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = DatabasePath }, registry, Time);
        _open.Add(journal);
        return Task.FromResult<IJournal>(journal);
    }

    protected override Task TamperAsync(StreamId stream, long version, Func<JournalRow, JournalRow?> change)
    {
        using var connection = Connect();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT sequence, name, recorded_at_ms, json, checksum FROM events " +
            $"WHERE kind = '{stream.Kind}' AND id = '{stream.Id}' AND version = {version}";
        using var reader = select.ExecuteReader();
        reader.Read().ShouldBeTrue();
        var row = new JournalRow(
            stream, version, reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2),
            Encoding.UTF8.GetBytes(reader.GetString(3)), reader.GetFieldValue<byte[]>(4));
        reader.Close();
        using var update = connection.CreateCommand();
        update.CommandText = "DELETE FROM events WHERE sequence = $old";
        update.Parameters.AddWithValue("$old", row.Sequence);
        update.ExecuteNonQuery();
        if (change(row) is not { } changed) return Task.CompletedTask;
        update.CommandText =
            "INSERT INTO events VALUES ($sequence, $kind, $id, $version, $name, $at, $json, $checksum)";
        update.Parameters.AddWithValue("$sequence", changed.Sequence);
        update.Parameters.AddWithValue("$kind", stream.Kind);
        update.Parameters.AddWithValue("$id", stream.Id);
        update.Parameters.AddWithValue("$version", version);
        update.Parameters.AddWithValue("$name", changed.Name);
        update.Parameters.AddWithValue("$at", changed.RecordedAtMs);
        update.Parameters.AddWithValue("$json", Encoding.UTF8.GetString(changed.Json));
        update.Parameters.AddWithValue("$checksum", changed.Checksum);
        update.ExecuteNonQuery();
        return Task.CompletedTask;
    }

    private async Task CloseAsync()
    {
        foreach (var journal in _open) await journal.DisposeAsync();
    }

    private void DeleteFiles()
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(DatabasePath)!)) File.Delete(file);
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        return connection;
    }

    private string? Sql(string sql)
    {
        using var connection = Connect();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
