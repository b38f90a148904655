using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Embedded.Linux;
using Fabric.Embedded.Migration;
using Fabric.Protocol;

namespace Fabric.Embedded.Sockets;

/// <summary>
/// Bytes of one's own and pages of guest memory between them, sent in one call without copying the pages: .NET sends
/// managed arrays only. Everything that is pointed to stays where it is: the buffer is pinned, guest memory is mapped.
/// </summary>
internal sealed unsafe class GatheredWrite(Socket socket)
{
    private const int Interrupted = 4;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(Limits.Guest.StreamBufferBytes, pinned: true);
    private readonly IoVector[] _vectors = GC.AllocateArray<IoVector>(Limits.Guest.VectorsMax, pinned: true);
    private int _buffered;
    private int _count;
    private bool _lastIsOwn;

    /// <summary>Bytes that were gathered.</summary>
    public int Length { get; private set; }

    /// <summary>Room for bytes of one's own.</summary>
    public Span<byte> Free => _buffer.AsSpan(_buffered);

    /// <summary>Two more pieces fit.</summary>
    public bool HasRoom => _count + 2 <= _vectors.Length;

    /// <summary>So many bytes were written into <see cref="Free"/>.</summary>
    public void Take(int count)
    {
        if (count == 0)
            return;
        if (_lastIsOwn)
            _vectors[_count - 1].Length += count;
        else
            _vectors[_count++] = new IoVector((nint)Address(_buffer) + _buffered, count);
        _lastIsOwn = true;
        _buffered += count;
        Length += count;
    }

    /// <summary>Guest memory. It is read when it is sent.</summary>
    public void Take(ReadOnlySpan<byte> mapped)
    {
        fixed (byte* start = mapped)
            _vectors[_count++] = new IoVector((nint)start, mapped.Length);
        _lastIsOwn = false;
        Length += mapped.Length;
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="MigrationFault">The peer has gone.</exception>
    public void Send()
    {
        var sent = 0;
        while (sent < _count)
        {
            var written = LibC.WriteGathered(
                (int)socket.SafeHandle.DangerousGetHandle(), (IoVector*)Address(_vectors) + sent, _count - sent);
            if (written < 0 && Marshal.GetLastPInvokeError() is var error and not Interrupted)
                throw new MigrationFault($"the connection is lost: {new Win32Exception(error).Message}");
            for (; written > 0 && sent < _count; sent++)
            {
                ref var vector = ref _vectors[sent];
                var part = Math.Min(written, vector.Length);
                (vector.Start, vector.Length, written) = (vector.Start + part, vector.Length - part, written - part);
                if (vector.Length > 0)
                    break;
            }
        }

        Clear();
    }

    /// <summary>Forgets what was gathered.</summary>
    public void Clear() => (_count, _buffered, Length, _lastIsOwn) = (0, 0, 0, false);

    private static void* Address<T>(T[] pinned)
        where T : unmanaged => System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));
}
