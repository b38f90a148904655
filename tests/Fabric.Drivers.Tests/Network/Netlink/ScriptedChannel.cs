using System.Runtime.InteropServices;
using Fabric.Drivers.Network.Netlink;

namespace Fabric.Drivers.Tests.Network.Netlink;

/// <summary>A kernel that answers each request with what was written down for it.</summary>
internal sealed class ScriptedChannel : INetlinkChannel
{
    private readonly Queue<Func<uint, byte[][]>> _script = new();
    private readonly Queue<byte[]> _waiting = new();
    private NetlinkFault? _failure;

    /// <summary>Requests that came.</summary>
    public int Requests { get; private set; }

    /// <summary>What the next request is answered with, datagram by datagram; an empty one stands for a loss.</summary>
    public ScriptedChannel Then(Func<uint, byte[][]> answer)
    {
        _script.Enqueue(answer);
        return this;
    }

    public void Send(ReadOnlySpan<byte> datagram)
    {
        Requests++;
        var number = MemoryMarshal.Read<uint>(datagram[8..]);
        foreach (var answer in _script.Dequeue()(number))
            _waiting.Enqueue(answer);
    }

    public int Receive(Span<byte> buffer)
    {
        _failure = _waiting.Count == 0 ? NetlinkFault.NoAnswer : _waiting.Peek().Length == 0 ? NetlinkFault.Lost : null;
        if (_failure is { } fault)
        {
            _ = _waiting.TryDequeue(out _);
            throw new NetlinkException(fault, "as the test says");
        }

        var next = _waiting.Dequeue();
        next.CopyTo(buffer);
        return next.Length;
    }

    public void Dispose() => _waiting.Clear();

    /// <summary>A message with that number.</summary>
    public static byte[] Message(ushort type, MessageFlags flags, uint number, params byte[] body)
    {
        var message = new byte[NetlinkWriter.Padded(16 + body.Length)];
        MemoryMarshal.Write(message, (uint)(16 + body.Length));
        MemoryMarshal.Write(message.AsSpan(4), type);
        MemoryMarshal.Write(message.AsSpan(6), (ushort)flags);
        MemoryMarshal.Write(message.AsSpan(8), number);
        body.CopyTo(message, 16);
        return message;
    }

    /// <summary>The kernel's verdict; 0 is done.</summary>
    public static byte[] Verdict(uint number, int error, string? words = null)
    {
        byte[] told = words is null ? [] : [.. BitConverter.GetBytes((ushort)(4 + words.Length + 1)), 1, 0, .. System.Text.Encoding.ASCII.GetBytes(words), 0];
        var flags = MessageFlags.CappedError | (words is null ? MessageFlags.None : MessageFlags.ErrorHasAttributes);
        return Message(MessageType.Error, flags, number, [.. BitConverter.GetBytes(-error), .. new byte[16], .. told]);
    }

    /// <summary>The end of a table.</summary>
    public static byte[] Done(uint number) => Message(MessageType.Done, MessageFlags.Multi, number, 0, 0, 0, 0);

    /// <summary>An interface of that name.</summary>
    public static byte[] Link(uint number, int index, string name, MessageFlags flags = MessageFlags.Multi) =>
        Message(
            MessageType.NewLink, flags, number,
            [0, 0, 1, 0, .. BitConverter.GetBytes(index), .. new byte[8], (byte)(5 + name.Length), 0, 3, 0, .. System.Text.Encoding.ASCII.GetBytes(name), 0]);
}
