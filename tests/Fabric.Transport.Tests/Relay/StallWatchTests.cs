using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Relay;

public sealed class StallWatchTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly Standing _link = new();
    private readonly List<string> _stalls = [];
    private readonly StallWatch _watch;

    public StallWatchTests() => _watch = new StallWatch(_time, _link, _stalls.Add, _stalls.Add);

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void A_write_to_a_link_that_is_being_made_again_is_no_stall_however_long_it_takes()
    {
        _watch.ToLinkBegins();
        _link.DownFor = TimeSpan.FromSeconds(1);
        _link.StillFor = TimeSpan.FromHours(1);
        Pass(100);
        _stalls.ShouldBeEmpty();

        // It is back, and now the peer does not take a byte.
        (_link.DownFor, _link.StillFor) = (null, TimeSpan.Zero);
        Pass(1);
        _stalls.ShouldBeEmpty();
        _link.StillFor = TimeSpan.FromMilliseconds(Limits.Relay.LinkStallMs);
        Pass(1);
        _stalls.ShouldHaveSingleItem().ShouldContain("data link took no bytes");
    }

    [Fact]
    public void A_write_that_waits_while_the_peer_acknowledges_is_slow_and_no_stall()
    {
        _watch.ToLinkBegins();
        _link.StillFor = TimeSpan.FromMilliseconds(Limits.Relay.LinkStallMs - 1);
        Pass(100);
        _stalls.ShouldBeEmpty();
    }

    [Fact]
    public void A_QEMU_that_takes_nothing_is_a_stall_whatever_the_link_does()
    {
        _watch.ToQemuBegins();
        _link.DownFor = TimeSpan.FromSeconds(1);
        Pass(4);
        _stalls.ShouldHaveSingleItem().ShouldContain("QEMU took no bytes");
    }

    [Fact]
    public void A_QEMU_that_is_gone_has_a_time_in_which_another_is_to_take_its_place()
    {
        const int Checks = Limits.Relay.RefillWithinMs / Limits.Relay.StallCheckMs;
        _watch.VacancyBegins();
        Pass(Checks - 1);

        // The second loop that finds it gone does not make it longer; another QEMU ends it.
        _watch.VacancyBegins();
        _stalls.ShouldBeEmpty();
        _watch.VacancyEnds();
        Pass(10);
        _stalls.ShouldBeEmpty();
        _watch.VacancyBegins();
        Pass(Checks);
        _stalls.ShouldHaveSingleItem().ShouldContain("none took its place");
    }

    [Fact]
    public void A_source_waits_for_a_refill_longer_than_its_target() =>
        Limits.Relay.LinkStallMs.ShouldBeGreaterThan(
            Limits.Relay.RefillWithinMs + Limits.Relay.StallMs + Limits.Relay.StallCheckMs);

    private void Pass(int checks)
    {
        for (var i = 0; i < checks && _stalls.Count == 0; i++)
            _time.Advance(Limits.Relay.StallCheckMs);
    }

    /// <summary>A link of which only the standing is asked.</summary>
    private sealed class Standing : IDataLink
    {
        public TimeSpan? DownFor { get; set; }

        public TimeSpan StillFor { get; set; }

        public LinkChannel Sends => LinkChannel.Ram;

        public long BytesSent => 0;

        public long BytesReceived => 0;

        public void Send(LinkBuffer buffer, int length) => throw new NotSupportedException();

        public void Complete() => throw new NotSupportedException();

        public long Unacknowledged => 0;

        public void AwaitAcknowledged(long allBut)
        {
        }

        public LinkMeasures Measure() => new(1, null, 0, null, null);

        public void Pace(long bytesPerSecond)
        {
        }

        public void Want(int connections)
        {
        }

        public int Receive(Span<byte> into) => throw new NotSupportedException();

        public ValueTask AbortAsync(AbortReason reason) => default;

        public ValueTask DisposeAsync() => default;
    }
}
