using System.Net.Sockets;

namespace Fabric.Host.Faults.Truth;

/// <summary>What copies that have no right to be still hold: processes, and sockets that somebody serves.</summary>
internal static class Leftovers
{
    /// <summary>In words; empty when there is nothing. The file of a socket that nobody serves is nothing.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(
        IEnumerable<CopyTrack> copies, CancellationToken cancellation)
    {
        var left = new List<string>();
        foreach (var copy in copies)
        {
            if (copy.IsAlive)
            {
                left.Add($"the process of {copy.Name}");
                continue;
            }

            foreach (var path in SocketsOf(copy.Files.Path))
            {
                if (await IsServedAsync(path, cancellation))
                    left.Add($"the socket {Path.GetFileName(path)} of {copy.Name}");
            }
        }

        return left;
    }

    private static string[] SocketsOf(string directory) =>
        Directory.Exists(directory) ? Directory.GetFiles(directory, "*.sock") : [];

    private static async Task<bool> IsServedAsync(string path, CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
