using System.Buffers.Binary;
using System.Collections.Concurrent;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// What a hypervisor is to a TAP: it holds it, takes frames when the guest runs, and leaves them waiting when not.
/// Notes the
/// numbers in the UDP packets to its port.
/// </summary>
internal sealed class TapGuest : IDisposable
{
    public const int Port = 4000;
    private const int EthernetHead = 14;
    private readonly NetworkNamespace _place;
    private readonly string _name;
    private readonly FileStream _tap;
    private readonly ManualResetEventSlim _runs = new(initialState: false);
    private readonly ConcurrentDictionary<int, int> _numbers = new();
    private readonly Thread _reader;
    private volatile bool _over;

    public TapGuest(NetworkNamespace place, string tap, bool runs = true)
    {
        (_place, _name) = (place, tap);
        _tap = new FileStream(TapDevice.Open(place, tap), FileAccess.ReadWrite, bufferSize: 0);
        _reader = new Thread(Read) { IsBackground = true, Name = "guest" };
        if (runs)
            _runs.Set();
        _reader.Start();
    }

    /// <summary>How often each number came.</summary>
    public IReadOnlyDictionary<int, int> Numbers => _numbers;

    /// <summary>The guest runs: what waits is taken.</summary>
    public void Run() => _runs.Set();

    /// <summary>
    /// The guest stands still: the frame that comes next may still be taken from the TAP, and is thrown away, as one
    /// that a
    /// stopped guest's ring holds.
    /// </summary>
    public void Pause() => _runs.Reset();

    /// <summary>Sends a frame as the guest.</summary>
    public void Send(ReadOnlySpan<byte> frame) => _tap.Write(frame);

    /// <summary>A frame that teaches bridges where the guest is.</summary>
    public void Speak(MacAddress mac)
    {
        var frame = new byte[60];
        frame.AsSpan(0, MacAddress.Size).Fill(0xff);
        mac.CopyTo(frame.AsSpan(MacAddress.Size));
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(12), 0x88b5); // for local experiments
        Send(frame);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _over = true;
        _runs.Set();
        // A read of a TAP ends with the TAP; the open file alone would keep it, and its namespace.
        using var kernel = NetlinkRoute.Open(_place);
        if (kernel.Link(_name) is { } link)
            kernel.DeleteLink(link.Index);
        _reader.Join();
        _tap.Dispose();
        _runs.Dispose();
    }

    private void Read()
    {
        var frame = new byte[10_000];
        try
        {
            while (!_over)
            {
                _runs.Wait();
                var length = _tap.Read(frame);
                if (_runs.IsSet && NumberIn(frame.AsSpan(0, length)) is { } number)
                    _numbers.AddOrUpdate(number, 1, static (_, n) => n + 1);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The TAP is gone.
        }
    }

    private static int? NumberIn(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHead + 28)
            return null;
        var packet = frame[EthernetHead..];
        var v6 = packet[0] >> 4 == 6;
        if (packet[v6 ? 6 : 9] != 17)
            return null;
        var udp = packet[(v6 ? 40 : 4 * (packet[0] & 0xf))..];
        return udp.Length >= 12 && BinaryPrimitives.ReadUInt16BigEndian(udp[2..]) == Port
            ? BinaryPrimitives.ReadInt32BigEndian(udp[8..])
            : null;
    }
}
