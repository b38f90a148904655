using Fabric.Actors.Agent;
using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>An attempt that cannot begin ends, and leaves no connection behind.</summary>
public sealed class OutgoingTransferTests
{
    private static readonly BeginTransfer Order = new(
        new Stamp(VmId.Of("v1"), MigrationId.Of("v1-m4"), 4, 1, 1), HostId.Of("b"), new DataEndpoint("127.0.0.1", 7601),
        new string('a', 2 * Limits.Relay.TicketSize), new TransferPolicy(0, 300));

    private readonly EndedLink _link = new();
    private readonly List<TransferBroke> _broke = [];

    [Theory]
    [InlineData("/proc/no/such/directory")]
    [InlineData(
        "/tmp/a-name-that-is-much-too-long-for-a-socket/00000000000000000000000000000000000000000000000000000000000")]
    public async Task A_relay_that_cannot_start_ends_the_attempt_and_closes_its_link(string directory)
    {
        await BeginAsync(directory, (_, _) => Task.FromResult<IDataLink>(_link));
        _broke.ShouldHaveSingleItem().Reason.ShouldBe(FailureReason.SourceTransferFailed);
        _link.Aborted.ShouldBe(AbortReason.SourceClosed);
    }

    [Fact]
    public async Task A_failure_that_nobody_thought_of_ends_the_attempt()
    {
        var begun = await BeginAsync("/tmp", (_, _) => throw new InvalidOperationException("no more files"));
        _broke.ShouldHaveSingleItem().Detail.ShouldBe("no more files");
        begun.ShouldBeFalse();
    }

    private async Task<bool> BeginAsync(string directory, ConnectData connect)
    {
        var tools = new AgentTools(
            new AgentOptions { Host = HostId.Of("a"), MachinesDirectory = "/", Advertised = Order.Endpoint },
            new ScriptedHypervisor(), null!, null!, null!, null!, new LinkBufferPool(), TimeProvider.System,
            NullLogger.Instance);
        await using var transfer = new OutgoingTransfer(tools, Order, directory, _ => { }, connect);
        await transfer.BeginAsync(new ScriptedMachine(), broke =>
        {
            _broke.Add(broke);
            return ValueTask.CompletedTask;
        });
        return transfer.HasBegun;
    }

    private sealed class EndedLink : IDataLink
    {
        public AbortReason? Aborted { get; private set; }

        public LinkChannel Sends => LinkChannel.Ram;

        public long BytesSent => 0;

        public long BytesReceived => 0;

        public TimeSpan? DownFor => null;

        public TimeSpan StillFor => TimeSpan.Zero;

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

        public ValueTask AbortAsync(AbortReason reason)
        {
            Aborted = reason;
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => AbortAsync(AbortReason.Shutdown);
    }
}
