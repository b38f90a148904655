using System.Net.Sockets;

namespace Fabric.Embedded.Tests.Migration;

/// <summary>A process that is to end does, whatever its migration waits for; and its guest does not run again.</summary>
public sealed class EndingTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Target_that_nobody_has_connected_to_ends()
    {
        await using var lab = new GuestLab();
        var (target, _) = await lab.ListenAsync(await lab.StartAsync(incoming: true), TestGuest.Usual);
        await target.DisposeAsync().AsTask().WaitAsync(HangGuard);
    }

    [Fact]
    public async Task Target_in_the_middle_of_a_stream_ends()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync();
        var (target, socket) = await lab.ListenAsync(await lab.StartAsync(incoming: true), TestGuest.Usual);
        await source.EnableAsync(TestGuest.Usual);
        await source.DoAsync("migrate-set-parameters", ("max-bandwidth", 1_000_000));
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        await target.UntilPhaseAsync("active");
        await target.DisposeAsync().AsTask().WaitAsync(HangGuard);
        await source.UntilPhaseAsync("failed");
        (await source.RunStateAsync()).ShouldBe("running");
    }

    [Fact]
    public async Task Source_whose_last_bytes_are_stuck_ends()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync();
        var path = lab.NewPath("out");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        await source.EnableAsync("events", "return-path");

        // All of memory fits the blackout, so it is sent under the main lock, to somebody who does not read.
        await source.DoAsync("migrate-set-parameters", ("max-bandwidth", 100_000), ("downtime-limit", 2_000_000));
        await source.DoAsync("migrate", ("uri", $"unix:{path}"));
        using var near = await listener.AcceptAsync();
        await source.UntilPhaseAsync("device");
        await source.DisposeAsync().AsTask().WaitAsync(HangGuard);
    }
}
