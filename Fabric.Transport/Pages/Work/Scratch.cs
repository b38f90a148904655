using System.Buffers;

namespace Fabric.Transport.Pages.Work;

/// <summary>A buffer that grows to the largest construct and is used again for each.</summary>
internal sealed class Scratch(int size) : IBufferWriter<byte>
{
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(size, pinned: true);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Length += bytes.Length;
    }

    public void Advance(int count) => Length += count;

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        if (_bytes.Length - Length < Math.Max(sizeHint, 1))
        {
            var larger = GC.AllocateUninitializedArray<byte>(
                Math.Max(Length + sizeHint, _bytes.Length * 2), pinned: true);
            Written.CopyTo(larger);
            _bytes = larger;
        }

        return _bytes.AsSpan(Length);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException("spans only");
}
