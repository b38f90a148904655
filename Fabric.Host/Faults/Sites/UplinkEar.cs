using System.Buffers.Binary;
using System.Net;
using Fabric.Drivers.Network;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// Listens at the uplink of one host for the answers of an address that leave it. An answer leaves by the uplink of the
/// host that it was made on, whichever way its question came: a relay passes on questions, in a tunnel, and no answer.
/// </summary>
internal sealed class UplinkEar : IAsyncDisposable
{
    private const string Uplink = "lan";
    private const int EthernetHead = 14;
    private const int TypeAt = 12;
    private const int ProtocolAt = EthernetHead + 9;
    private const int SourceAt = EthernetHead + 12;
    private const int LongEnough = 128;
    private readonly string _host;
    private readonly byte[] _address;
    private readonly ushort _asker;
    private readonly FrameEar _ear;
    private readonly Lock _lock = new();
    private readonly List<AddressAnswer> _answers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _hearing;
    private volatile string? _deaf;

    private UplinkEar(LabHost host, IPAddress address, ushort asker)
    {
        (_host, _address, _asker) = (host.Name, address.GetAddressBytes(), asker);
        _ear = FrameEar.Open(new NetworkNamespace(host.Namespace), Uplink);
        _hearing = Task.Factory.StartNew(
            Hear, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What left until now.</summary>
    public IReadOnlyList<AddressAnswer> Answers
    {
        get
        {
            lock (_lock)
                return [.. _answers];
        }
    }

    /// <summary>Why it has heard nothing for a while and never will again, in words; null when it hears.</summary>
    public string? Deaf => _deaf;

    /// <summary>Begins.</summary>
    /// <param name="host">Where.</param>
    /// <param name="address">Whose answers.</param>
    /// <param name="asker">To whom (<see cref="EchoProbe.Own"/>).</param>
    public static UplinkEar Start(LabHost host, IPAddress address, ushort asker) => new(host, address, asker);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _hearing;
        _ear.Dispose();
        _stop.Dispose();
    }

    /// <summary>The number of the question that a frame answers for this address; null when it is another frame.</summary>
    internal static long? NumberOf(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> address, ushort asker)
    {
        const ushort ip = 0x0800;
        const byte icmp = 1;
        return frame.Length >= SourceAt + address.Length && BinaryPrimitives.ReadUInt16BigEndian(frame[TypeAt..]) == ip
            && frame[ProtocolAt] == icmp
            && frame.Slice(SourceAt, address.Length).SequenceEqual(address)
            ? EchoProbe.NumberOf(frame[EthernetHead..], asker)
            : null;
    }

    private void Hear()
    {
        try
        {
            HearOn();
        }
        catch (Exception e)
        {
            // Silence must not look as if nobody answered.
            _deaf = $"what left {_host} was not heard to the end: {e.Message}";
        }
    }

    private void HearOn()
    {
        Span<byte> frame = stackalloc byte[LongEnough];
        while (!_stop.IsCancellationRequested)
        {
            if (_ear.Hear(frame) is { IsOutgoing: true } heard
                && NumberOf(frame[..heard.Length], _address, _asker) is { } number)
                Note(new AddressAnswer(_host, number, heard.At));
        }
    }

    private void Note(AddressAnswer answer)
    {
        lock (_lock)
        {
            if (_answers.Count < Limits.Faults.AnswersMax)
                _answers.Add(answer);
        }
    }
}
