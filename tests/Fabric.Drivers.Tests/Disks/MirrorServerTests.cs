using Fabric.Drivers.Disks;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Disks;

/// <summary>A machine that passes its guest's writes on, the agent between, and a target that answers when it is let.</summary>
public sealed class MirrorServerTests : IAsyncLifetime
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("fabric-mirror-").FullName;
    private readonly RangeGate _gate = new();
    private readonly CopyCounters _counters = new();
    private readonly SteppedTime _time = new();
    private FakeTarget _target = null!;
    private NbdClient _way = null!;
    private MirrorServer _server = null!;
    private NbdClient _machine = null!;

    public async Task InitializeAsync()
    {
        _target = new FakeTarget(Path.Combine(_directory, "t"), 1 << 20);
        _way = await NbdClient.OpenAsync(
            await DiskCopy.Over(Path.Combine(_directory, "t"))(default), "d0", [], TimeProvider.System, default);
        _server = new MirrorServer(Path.Combine(_directory, "s"), _way, _gate, _counters, _time);
        _machine = await NbdClient.OpenAsync(
            await DiskCopy.Over(Path.Combine(_directory, "s"))(default), "d0", [], TimeProvider.System, default);
    }

    public async Task DisposeAsync()
    {
        await _machine.DisposeAsync();
        await _server.DisposeAsync();
        await _way.DisposeAsync();
        await _target.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Write_is_answered_when_the_target_has_it_and_not_before()
    {
        _machine.Export.Bytes.ShouldBe(1 << 20);
        var write = _machine.WriteAsync(70_000, new byte[] { 1, 2, 3 }, default);
        await SeenAsync(1);
        write.IsCompleted.ShouldBeFalse();
        _target.Let(3);
        await write.WaitAsync(HangGuard);
        _target.Disk.AsSpan(70_000, 3).ToArray().ShouldBe([1, 2, 3]);
        await _machine.WriteZeroesAsync(70_001, 1, default).WaitAsync(HangGuard);
        await _machine.FlushAsync(default).WaitAsync(HangGuard);
        _target.Disk.AsSpan(70_000, 3).ToArray().ShouldBe([1, 0, 3]);
        _target.Seen.Select(s => s.Command).ShouldBe(
            [NbdNumbers.CommandWrite, NbdNumbers.CommandWriteZeroes, NbdNumbers.CommandFlush]);
        _server.Over.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Write_waits_for_a_piece_of_the_round_that_holds_its_place_and_others_do_not()
    {
        Task write;
        using (await _gate.HoldAsync(0, 64 << 10, default))
        {
            write = _machine.WriteAsync(4096, new byte[] { 9 }, default);
            var beside = _machine.WriteAsync(64 << 10, new byte[] { 8 }, default);
            _target.Let(2);
            await beside.WaitAsync(HangGuard);
            _target.Seen.ShouldBe([(NbdNumbers.CommandWrite, 64 << 10, 1u)]);
            write.IsCompleted.ShouldBeFalse();
        }

        await write.WaitAsync(HangGuard);
        _target.Disk[4096].ShouldBe((byte)9);
    }

    [Fact]
    public async Task Target_that_answers_nothing_for_too_long_lets_the_guest_go_and_keeps_the_place_held()
    {
        var write = _machine.WriteAsync(0, new byte[512], default);
        await SeenAsync(1);
        _time.Step(Limits.Disks.MirrorStallMs - 1);
        _server.Over.IsCompleted.ShouldBeFalse();
        _time.Step(1);
        (await _server.Over.WaitAsync(HangGuard)).ShouldNotBeNull().ShouldContain("answered nothing");
        (await Should.ThrowAsync<NbdException>(() => write.WaitAsync(HangGuard))).Fault.ShouldBe(NbdFault.Lost);
        var piece = _gate.HoldAsync(0, 64 << 10, default);
        piece.IsCompleted.ShouldBeFalse("the write may still arrive");
        _target.Let(1);
        (await piece.WaitAsync(HangGuard)).Dispose();
    }

    [Fact]
    public async Task Line_that_carries_the_round_is_slow_and_does_not_stall()
    {
        var write = _machine.WriteAsync(0, new byte[512], default);
        await SeenAsync(1);
        for (var i = 0; i < 3; i++)
        {
            _counters.Add(512 << 10, isZero: false);
            _time.Step(Limits.Disks.MirrorStallMs - 1);
        }

        _server.Over.IsCompleted.ShouldBeFalse();
        _target.Let(1);
        await write.WaitAsync(HangGuard);
    }

    [Fact]
    public async Task Machine_that_has_nothing_to_say_may_be_silent_for_ever()
    {
        _target.Let(1);
        await _machine.FlushAsync(default).WaitAsync(HangGuard);
        _time.Step(10 * Limits.Disks.MirrorStallMs);
        var write = _machine.WriteAsync(0, new byte[512], default);
        await SeenAsync(2);
        _time.Step(Limits.Disks.MirrorStallMs - 1);
        _server.Over.IsCompleted.ShouldBeFalse("it counts from the write");
        _target.Let(1);
        await write.WaitAsync(HangGuard);
    }

    [Fact]
    public async Task Target_that_refuses_a_write_ends_it()
    {
        _target.Error = 28;
        _target.Let(1);
        (await Should.ThrowAsync<NbdException>(() => _machine.WriteAsync(0, new byte[512], default).WaitAsync(HangGuard)))
            .Fault.ShouldBe(NbdFault.Lost);
        (await _server.Over.WaitAsync(HangGuard)).ShouldNotBeNull().ShouldContain("no space");
    }

    [Fact]
    public async Task Machine_that_hangs_up_is_a_failure_unless_that_is_expected()
    {
        await _machine.DisposeAsync();
        (await _server.Over.WaitAsync(HangGuard)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Machine_that_hangs_up_in_order_is_none()
    {
        _server.ExpectEnd();
        await _machine.DisposeAsync();
        (await _server.Over.WaitAsync(HangGuard)).ShouldBeNull();
    }

    [Theory]
    [InlineData(1 << 20, 512)]
    [InlineData(-512, 512)]
    [InlineData(0, Limits.Disks.PieceBytesMax + 1)]
    public async Task Request_that_makes_no_sense_ends_it(long offset, int length)
    {
        await Should.ThrowAsync<NbdException>(
            () => _machine.WriteAsync(offset, new byte[length], default).WaitAsync(HangGuard));
        (await _server.Over.WaitAsync(HangGuard)).ShouldNotBeNull().ShouldContain("no request");
        _target.Seen.ShouldBeEmpty();
    }

    private async Task SeenAsync(int count)
    {
        using var limit = new CancellationTokenSource(HangGuard);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (_target.Seen.Count < count)
            await tick.WaitForNextTickAsync(limit.Token);
    }

    /// <summary>A clock that stands until it is told to step; each step wakes every timer.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private readonly List<(TimerCallback Callback, object? State)> _timers = [];
        private long _now;

        public override long TimestampFrequency => 1_000;

        public override long GetTimestamp() => Interlocked.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _timers.Add((callback, state));
            return new NoTimer();
        }

        public void Step(int milliseconds)
        {
            Interlocked.Add(ref _now, milliseconds);
            foreach (var (callback, state) in _timers)
                callback(state);
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
