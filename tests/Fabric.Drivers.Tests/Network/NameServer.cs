using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Fabric.Drivers.Tests.Network;

/// <summary>
/// A name server that takes one update over TCP and checks its signature by itself, step by step as RFC 8945 says, so
/// that
/// nothing of the product's library judges its own work.
/// </summary>
internal sealed class NameServer : IAsyncDisposable
{
    private const int Tsig = 250;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _secret;
    private readonly bool _signs;
    private readonly int _code;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public NameServer(byte[] secret, bool signs = true, int code = 0)
    {
        (_secret, _signs, _code) = (secret, signs, code);
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The update without its signature.</summary>
    public byte[] Update { get; private set; } = [];

    /// <summary>Whether it was signed with the secret.</summary>
    public bool IsSigned { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        using var connection = await _listener.AcceptTcpClientAsync(_stop.Token);
        var stream = connection.GetStream();
        var head = new byte[2];
        await stream.ReadExactlyAsync(head, _stop.Token);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(head)];
        await stream.ReadExactlyAsync(message, _stop.Token);
        var answer = Answer(message);
        BinaryPrimitives.WriteUInt16BigEndian(head, (ushort)answer.Length);
        await stream.WriteAsync((byte[])[.. head, .. answer], _stop.Token);
        _ = await stream.ReadAtLeastAsync(head, 1, throwOnEndOfStream: false, _stop.Token); // until the client has it
    }

    private byte[] Answer(byte[] message)
    {
        // The signature is the last record: its name and type, class ANY, time to live 0, length, then its data.
        var at = LastRecord(message);
        Update = message[..at];
        BinaryPrimitives.WriteUInt16BigEndian(
            Update.AsSpan(10), (ushort)(BinaryPrimitives.ReadUInt16BigEndian(Update.AsSpan(10)) - 1));
        var nameEnd = SkipName(message, at);
        var dataEnd = SkipName(message, nameEnd + 10);
        var macLength = BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(dataEnd + 8));
        var mac = message.AsSpan(dataEnd + 10, macLength).ToArray();
        var afterMac = dataEnd + 10 + macLength;
        byte[] variables =
        [
            .. message[at..nameEnd], 0, 255, 0, 0, 0, 0, .. message[(nameEnd + 10)..dataEnd], .. message[dataEnd..(dataEnd + 8)],
            .. message[(afterMac + 2)..],
        ];
        IsSigned = HMACSHA256.HashData(_secret, (byte[])[.. Update, .. variables]).AsSpan().SequenceEqual(mac);

        byte[] answer =
            [message[0], message[1], 0xa8, (byte)_code, 0, 1, 0, 0, 0, 0, 0, 0, .. message[12..(SkipName(message, 12) + 4)]];
        if (!_signs)
            return answer;
        var signature = HMACSHA256.HashData(_secret, (byte[])[0, (byte)mac.Length, .. mac, .. answer, .. variables]);
        answer[11] = 1;
        byte[] data =
        [
            .. message[(nameEnd + 10)..(dataEnd + 8)], 0, (byte)signature.Length, .. signature, message[0], message[1], 0, 0, 0, 0,
        ];
        return [.. answer, .. message[at..nameEnd], 0, Tsig, 0, 255, 0, 0, 0, 0, 0, (byte)data.Length, .. data];
    }

    private static int LastRecord(byte[] message)
    {
        int Count(int at) => BinaryPrimitives.ReadUInt16BigEndian(message.AsSpan(at));
        var at = 12;
        for (var i = 0; i < Count(4); i++)
            at = SkipName(message, at) + 4;
        for (var i = 0; i < Count(6) + Count(8) + Count(10) - 1; i++)
        {
            at = SkipName(message, at) + 10;
            at += Count(at - 2);
        }

        return at;
    }

    private static int SkipName(byte[] message, int at)
    {
        while (message[at] is > 0 and < 0xc0)
            at += message[at] + 1;
        return at + (message[at] == 0 ? 1 : 2);
    }
}
