using Fabric.Protocol;
using System.Collections.Concurrent;
using Fabric.Drivers.Qmp;

namespace Fabric.Drivers.Tests.Qmp;

public sealed class QmpClientTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _notes = new();

    private QmpOptions Options => new() { Note = _notes.Enqueue };

    private Task<QmpClient> ConnectAsync(MockMonitor monitor, QmpOptions? options = null) =>
        QmpClient.ConnectAsync(monitor.Path, options ?? Options, TimeProvider.System, CancellationToken.None);

    [Fact]
    public async Task Greeting_tells_the_version_and_commands_are_answered_by_id()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var first = await m.HearAsync();
            var second = await m.HearAsync();
            await m.SayAsync($$"""{"return": {"for": "{{second.Command}}"}, "id": {{second.Id}}}""");
            await m.SayAsync($$"""{"return": {"for": "{{first.Command}}"}, "id": {{first.Id}}}""");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        client.Greeting.Version.ShouldBe(new Version(7, 2, 22));
        var one = client.ExecuteAsync("one");
        var two = client.ExecuteAsync("two");
        (await one).GetProperty("for").GetString().ShouldBe("one");
        (await two).GetProperty("for").GetString().ShouldBe("two");
    }

    [Fact]
    public async Task Refusal_carries_the_hypervisors_words_and_the_next_command_works()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var (_, id) = await m.HearAsync();
            await m.SayAsync($$$"""{"error": {"class": "GenericError", "desc": "no way"}, "id": {{{id}}}}""");
            await m.AnswerAsync();
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        var refused = await Should.ThrowAsync<HypervisorException>(() => client.ExecuteAsync("migrate"));
        refused.Fault.ShouldBe(HypervisorFault.Refused);
        refused.Message.ShouldBe("'migrate' was refused: GenericError: no way");
        await client.ExecuteAsync("cont");
    }

    [Fact]
    public async Task Monitor_without_a_greeting_is_given_up()
    {
        await using var monitor = new MockMonitor();
        var options = Options with { GreetingTimeout = TimeSpan.FromMilliseconds(200) };
        var error = await Should.ThrowAsync<HypervisorException>(() => ConnectAsync(monitor, options));
        error.Fault.ShouldBe(HypervisorFault.NoAnswer);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{}")]
    [InlineData("""{"QMP": 1}""")]
    [InlineData("""{"QMP": {"version": {"qemu": {"micro": -1, "minor": 2, "major": 7}}, "capabilities": []}}""")]
    [InlineData("""{"QMP": {"version": {"qemu": {"micro": "22", "minor": 2, "major": 7}}, "capabilities": []}}""")]
    [InlineData(
        """{"QMP": {"version": {"qemu": {"micro": 99999999999, "minor": 2, "major": 7}}, "capabilities": []}}""")]
    [InlineData("""{"return": {}, "id": 1}""")]
    [InlineData("""{"event": 7}""")]
    public async Task Greeting_that_is_none_is_refused(string greeting)
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.SayAsync(greeting);
            await m.HearNothingMoreAsync();
        });
        (await Should.ThrowAsync<HypervisorException>(() => ConnectAsync(monitor)))
            .Fault.ShouldBe(HypervisorFault.BadMonitor);
    }

    /// <summary>QEMU 10.0 takes who has just connected for the one before, for a moment.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(Limits.Qemu.EventsBeforeGreetingMax)]
    public async Task Event_before_the_greeting_is_passed_over(int events)
    {
        await using var monitor = new MockMonitor(async m =>
        {
            for (var i = 0; i < events; i++)
                await m.SayAsync("""{"event": "BLOCK_JOB_COMPLETED", "data": {}}""");
            await m.OpenAsync();
            await m.AnswerAsync();
        });
        await using var client = await ConnectAsync(monitor);
        await client.ExecuteAsync("cont");
    }

    [Fact]
    public async Task Monitor_that_tells_events_and_never_greets_is_refused()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            for (var i = 0; i <= Limits.Qemu.EventsBeforeGreetingMax; i++)
                await m.SayAsync("""{"event": "STOP", "data": {}}""");
            await m.HearNothingMoreAsync();
        });
        (await Should.ThrowAsync<HypervisorException>(() => ConnectAsync(monitor)))
            .Fault.ShouldBe(HypervisorFault.BadMonitor);
    }

    [Fact]
    public async Task Monitor_that_closes_before_the_greeting_is_refused()
    {
        await using var monitor = new MockMonitor(_ => Task.CompletedTask);
        (await Should.ThrowAsync<HypervisorException>(() => ConnectAsync(monitor)))
            .Fault.ShouldBe(HypervisorFault.BadMonitor);
    }

    [Fact]
    public async Task Out_of_band_is_asked_for_only_where_it_is_offered()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.SayAsync(MockMonitor.Greeting.Replace("\"oob\"", "", StringComparison.Ordinal));
            await m.HearNothingMoreAsync();
        });
        var error = await Should.ThrowAsync<HypervisorException>(() =>
            ConnectAsync(monitor, Options with { OutOfBand = true }));
        error.Fault.ShouldBe(HypervisorFault.BadMonitor);
        error.Message.ShouldContain("out-of-band");
    }

    [Theory]
    [InlineData("""{"return": {}}""")]
    [InlineData("""{"return": {}, "id": 4711}""")]
    [InlineData("""{"return": {}, "id": "1"}""")]
    [InlineData("""{"return": {}, "id": 1e400}""")]
    [InlineData("""{"error": {"class": "GenericError", "desc": "JSON parse error"}}""")]
    [InlineData("""{"error": 5}""")]
    [InlineData(MockMonitor.Greeting)]
    public async Task Line_that_answers_nothing_is_noted_and_ignored(string line)
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var (_, id) = await m.HearAsync();
            await m.SayAsync(line);
            await m.SayAsync($$$"""{"return": {"right": true}, "id": {{{id}}}}""");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        (await client.ExecuteAsync("query-status")).GetProperty("right").GetBoolean().ShouldBeTrue();
        _notes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Second_answer_to_a_command_does_not_answer_the_next_one()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var (_, id) = await m.HearAsync();
            await m.SayAsync($$"""{"return": 1, "id": {{id}}}""");
            await m.SayAsync($$"""{"return": 2, "id": {{id}}}""");
            await m.AnswerAsync("3");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        (await client.ExecuteAsync("one")).GetInt32().ShouldBe(1);
        (await client.ExecuteAsync("two")).GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task Answer_after_the_timeout_is_ignored_and_the_monitor_stays_usable()
    {
        var timedOut = new TaskCompletionSource();
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var (_, id) = await m.HearAsync();
            await timedOut.Task;
            await m.SayAsync($$"""{"return": 1, "id": {{id}}}""");
            await m.AnswerAsync("2");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        var late = await Should.ThrowAsync<HypervisorException>(
            () => client.ExecuteAsync("stop", timeout: TimeSpan.FromMilliseconds(50)));
        late.Fault.ShouldBe(HypervisorFault.NoAnswer);
        timedOut.SetResult();
        (await client.ExecuteAsync("cont")).GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Events_arrive_in_order_whether_before_between_or_after_answers()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.SayAsync("""{"event": "A", "timestamp": {"seconds": 9, "microseconds": 0}}""");
            var (_, id) = await m.HearAsync();
            await m.SayAsync("""{"event": "B", "timestamp": {"seconds": 1, "microseconds": 0}, "data": {"x": 1}}""");
            await m.SayAsync($$"""{"return": 1, "id": {{id}}}""");
            await m.SayAsync("""{"event": "C", "timestamp": "yesterday"}""");
        });
        await using var client = await ConnectAsync(monitor);
        await client.ExecuteAsync("one");
        var names = await client.Events.ReadAllAsync().Select(e => e.Name).ToListAsync().AsTask().WaitAsync(HangGuard);
        names.ShouldBe(["A", "B", "C"], StringComparer.Ordinal);
    }

    [Fact]
    public async Task Events_carry_the_hypervisors_time_and_none_where_it_makes_no_sense()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.SayAsync("""{"event": "A", "timestamp": {"seconds": 9, "microseconds": 250}}""");
            await m.SayAsync("""{"event": "B", "timestamp": {"seconds": -1, "microseconds": -1}}""");
            await m.SayAsync("""{"event": "C", "timestamp": {"seconds": "9", "microseconds": 0}}""");
            await m.SayAsync("""{"event": "D"}""");
        });
        await using var client = await ConnectAsync(monitor);
        var times = await client.Events.ReadAllAsync().Select(e => e.At).ToListAsync().AsTask().WaitAsync(HangGuard);
        times.ShouldBe([DateTimeOffset.UnixEpoch.AddSeconds(9).AddMicroseconds(250), null, null, null]);
    }

    [Fact]
    public async Task Flood_of_events_is_bounded_and_counted_and_does_not_hold_up_answers()
    {
        const int Count = 100_000;
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var (_, id) = await m.HearAsync();
            var many = string.Concat(Enumerable.Repeat("{\"event\": \"RTC_CHANGE\"}\n", 1000));
            for (var i = 0; i < Count / 1000; i++)
                await m.SendAsync(System.Text.Encoding.UTF8.GetBytes(many));
            await m.SayAsync($$"""{"return": 1, "id": {{id}}}""");
            await m.HearNothingMoreAsync();
        });
        await using var client =
            await ConnectAsync(monitor, Options with { EventsMax = 10, CommandTimeout = HangGuard });
        (await client.ExecuteAsync("query-status")).GetInt32().ShouldBe(1);
        client.Events.Count.ShouldBe(10);
        client.EventsLost.ShouldBe(Count - 10);
        _notes.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Line_over_its_bound_ends_the_connection(bool isEnded)
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            var (_, id) = await m.HearAsync();
            await m.SendAsync(
                System.Text.Encoding.UTF8.GetBytes($$"""{"id": {{id}}, "return": "{{new string('x', 100_000)}}"""));
            if (isEnded)
                await m.SayAsync("\"}");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor, Options with { LineBytesMax = 64 * 1024 });
        var error = await Should.ThrowAsync<HypervisorException>(() => client.ExecuteAsync("query-status"));
        error.Fault.ShouldBe(HypervisorFault.BadMonitor);
        error.Message.ShouldContain("65536");
        await client.Closed.WaitAsync(HangGuard);
    }

    [Fact]
    public async Task Long_line_within_the_bound_is_read_whole()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.AnswerAsync($"\"{new string('x', 1_000_000)}\"");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        (await client.ExecuteAsync("query-status")).GetString()!.Length.ShouldBe(1_000_000);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("{\"return\": {}")]
    [InlineData("{\"neither\": 1}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public async Task Garbage_ends_the_connection_and_fails_every_command_after(string garbage)
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.HearAsync();
            await m.SayAsync(garbage);
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        (await Should.ThrowAsync<HypervisorException>(() => client.ExecuteAsync("one")))
            .Fault.ShouldBe(HypervisorFault.BadMonitor);
        (await Should.ThrowAsync<HypervisorException>(() => client.ExecuteAsync("two")))
            .Fault.ShouldBe(HypervisorFault.BadMonitor);
    }

    [Fact]
    public async Task End_of_the_connection_fails_what_waits()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.HearAsync();
        });
        await using var client = await ConnectAsync(monitor);
        (await Should.ThrowAsync<HypervisorException>(() => client.ExecuteAsync("one")))
            .Fault.ShouldBe(HypervisorFault.Exited);
        (await client.Events.WaitToReadAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task Commands_beyond_the_bound_are_not_sent()
    {
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.HearNothingMoreAsync();
        });
        var client = await ConnectAsync(monitor, Options with { PendingMax = 2, CommandTimeout = HangGuard });
        var first = client.ExecuteAsync("one");
        var second = client.ExecuteAsync("two");
        var third = await Should.ThrowAsync<HypervisorException>(() => client.ExecuteAsync("three"));
        third.Message.ShouldContain("was not sent");
        await client.DisposeAsync();
        await Should.ThrowAsync<HypervisorException>(() => first);
        await Should.ThrowAsync<HypervisorException>(() => second);
    }

    [Fact]
    public async Task Cancelled_command_leaves_the_monitor_usable()
    {
        var heard = new TaskCompletionSource();
        await using var monitor = new MockMonitor(async m =>
        {
            await m.OpenAsync();
            await m.HearAsync();
            heard.SetResult();
            await m.AnswerAsync("2");
            await m.HearNothingMoreAsync();
        });
        await using var client = await ConnectAsync(monitor);
        using var cancel = new CancellationTokenSource();
        var cancelled = client.ExecuteAsync("one", cancellation: cancel.Token);
        await heard.Task.WaitAsync(HangGuard);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => cancelled);
        (await client.ExecuteAsync("two")).GetInt32().ShouldBe(2);
    }
}
