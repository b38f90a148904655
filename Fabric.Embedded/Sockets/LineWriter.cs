using System.Net.Sockets;
using System.Threading.Channels;

namespace Fabric.Embedded.Sockets;

/// <summary>
/// Sends lines to one peer without ever making the giver wait: beyond the bound a line is refused, and the giver says
/// what that means.
/// </summary>
internal sealed class LineWriter(Socket socket, int linesMax)
{
    private readonly Channel<byte[]> _lines =
        Channel.CreateBounded<byte[]>(new BoundedChannelOptions(linesMax) { SingleReader = true });

    /// <summary>Takes a line with its end; false when too many wait.</summary>
    public bool TryWrite(byte[] line) => _lines.Writer.TryWrite(line);

    /// <summary>No more lines come; what waits is sent.</summary>
    public void Complete() => _lines.Writer.TryComplete();

    /// <summary>Sends until <see cref="Complete"/> or until the peer has gone.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync(cancellation))
            {
                for (var rest = line.AsMemory(); rest.Length > 0;)
                    rest = rest[await socket.SendAsync(rest, cancellation)..];
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _lines.Writer.TryComplete();
        }
    }
}
