using System.Collections.Concurrent;
using System.Threading.Channels;
using Fabric.Actors.Agent;
using Fabric.Protocol;
using Fabric.Testing;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;

namespace Fabric.Actors.Tests.Agent;

public sealed class LineWatcherTests : IAsyncDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(Limits.Sites.ProbeEveryMs);
    private static readonly LineWatch Watch = new("east~west", HostId.Of("w1"), new DataEndpoint("10.2.0.11", 7601));

    private readonly ManualTime _time = new();
    private readonly Channel<LineProbed> _told = Channel.CreateUnbounded<LineProbed>();
    private readonly ConcurrentQueue<Func<LineAnswer>> _answers = new();
    private readonly LineWatcher _watcher;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _unreachable;
    private bool _begun;
    private int _connections;

    public LineWatcherTests() => _watcher = new LineWatcher(
        (_, _, _) =>
        {
            Interlocked.Increment(ref _connections);
            return _unreachable is { } e ? Task.FromException<ILineProbe>(e) : Task.FromResult<ILineProbe>(new Probe(this));
        },
        told => _told.Writer.TryWrite((LineProbed)told), _time);

    public ValueTask DisposeAsync() => _watcher.DisposeAsync();

    [Fact]
    public async Task Each_answer_is_told_and_the_next_question_comes_two_seconds_later_on_the_same_connection()
    {
        _watcher.Take(Watch);
        (await NextAsync()).ShouldBe(new LineProbed("east~west", HostId.Of("w1"), Answered: true, 50, 1, 0));
        (await NextAsync()).Answered.ShouldBeTrue();
        _connections.ShouldBe(1);
    }

    [Fact]
    public async Task A_question_that_is_lost_costs_its_connection_and_is_told_with_the_reason()
    {
        _answers.Enqueue(() => throw new LinkException(LinkFault.TimedOut, "no answer within 2000 ms"));
        _watcher.Take(Watch);
        (await NextAsync()).ShouldSatisfyAllConditions(
            p => p.Answered.ShouldBeFalse(), p => p.Problem.ShouldBe("no answer within 2000 ms"));
        (await NextAsync()).Answered.ShouldBeTrue();
        _connections.ShouldBe(2);
    }

    [Fact]
    public async Task A_host_that_does_not_know_the_question_has_answered()
    {
        _unreachable = new LinkException(LinkFault.Refused, "BadHello");
        _watcher.Take(Watch);
        (await NextAsync()).ShouldBe(new LineProbed("east~west", HostId.Of("w1"), Answered: true));
    }

    [Fact]
    public async Task What_nobody_expected_is_told_too_and_it_asks_on()
    {
        _unreachable = new InvalidOperationException(new string('x', 500));
        _watcher.Take(Watch);
        var told = await NextAsync();
        told.Problem!.Length.ShouldBe(Limits.Sites.ProblemLengthMax);
        told.Fault().ShouldBeNull();
        _unreachable = null;
        (await NextAsync()).Answered.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_is_not_ordered_again_ends_after_a_minute()
    {
        _watcher.Take(Watch);
        for (var i = 0; i < 29; i++)
            await NextAsync();
        // After 56 s, and good for a minute from then.
        _watcher.Take(Watch);
        for (var i = 0; i < 29; i++)
            await NextAsync();
        await _time.ArmedAsync(Every).WaitAsync(Guard);
        _time.Advance(Every);
        await _closed.Task.WaitAsync(Guard);
        _told.Reader.TryRead(out _).ShouldBeFalse("it ended without another question");
        _connections.ShouldBe(1);

        _watcher.Take(Watch);
        await _told.Reader.ReadAsync().AsTask().WaitAsync(Guard);
        _connections.ShouldBe(2);
    }

    private async Task<LineProbed> NextAsync()
    {
        // The first is asked at once; each other when its time has come.
        if (_begun)
        {
            await _time.ArmedAsync(Every).WaitAsync(Guard);
            _time.Advance(Every);
        }

        _begun = true;
        return await _told.Reader.ReadAsync().AsTask().WaitAsync(Guard);
    }

    private sealed class Probe(LineWatcherTests at) : ILineProbe
    {
        public Task<LineAnswer> AskAsync(int withinMs) => Task.Run(
            () => at._answers.TryDequeue(out var answer) ? answer() : new LineAnswer(TimeSpan.FromMilliseconds(50), 1, 0));

        public void Dispose() => at._closed.TrySetResult();
    }
}
