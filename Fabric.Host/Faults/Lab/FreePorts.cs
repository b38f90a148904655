using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// Ports of loopback that nobody listens on. They lie below those that Linux gives to whoever connects or asks for any
/// (ip_local_port_range, from 32,768), or a connection of another program would take one before it is used.
/// </summary>
internal static class FreePorts
{
    private const int First = 16_384;
    private const int Last = 32_767;
    private const int TriesMax = 1_000;

    /// <summary>As many as asked for, all different. Another program that draws the same may take one before it is used.</summary>
    /// <exception cref="LabException">All that were tried are taken.</exception>
    public static int[] Take(int count)
    {
        var held = new List<TcpListener>(count);
        try
        {
            for (var tried = 0; held.Count < count; tried++)
            {
                if (tried == TriesMax)
                    throw new LabException($"No {count} free ports from {First} to {Last} on loopback were found.");
                if (TryHold(RandomNumberGenerator.GetInt32(First, Last + 1)) is { } listener)
                    held.Add(listener);
            }

            return [.. held.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            foreach (var listener in held)
                listener.Dispose();
        }
    }

    private static TcpListener? TryHold(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
