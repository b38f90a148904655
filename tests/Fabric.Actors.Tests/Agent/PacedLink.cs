using System.Threading.Channels;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Actors.Tests.Agent;

/// <summary>A link of which only the rate and the number of connections count.</summary>
internal sealed class PacedLink : IDataLink
{
    private readonly Channel<long> _paced = Channel.CreateBounded<long>(64);

    public List<long> Rates { get; } = [];

    public List<int> Wanted { get; } = [];

    public LinkChannel Sends => LinkChannel.Ram;

    public long BytesSent => 0;

    public long BytesReceived => 0;

    public TimeSpan? DownFor => null;

    public TimeSpan StillFor => TimeSpan.Zero;

    public long Unacknowledged => 0;

    public void AwaitAcknowledged(long allBut)
    {
    }

    public LinkMeasures Measure() => new(1, null, 0, null, null);

    public void Pace(long bytesPerSecond)
    {
        Rates.Add(bytesPerSecond);
        _paced.Writer.TryWrite(bytesPerSecond);
    }

    public void Want(int connections) => Wanted.Add(connections);

    public void Send(LinkBuffer buffer, int length) => throw new NotSupportedException();

    public void Complete() => throw new NotSupportedException();

    public int Receive(Span<byte> into) => throw new NotSupportedException();

    public ValueTask AbortAsync(AbortReason reason) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public async Task UntilAsync(long rate)
    {
        using var guard = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await _paced.Reader.ReadAsync(guard.Token) != rate)
        {
            // An earlier one.
        }
    }
}
