namespace Fabric.Transport.Tests.Link;

/// <summary>Gives fixed bytes, and no read goes past the next boundary.</summary>
internal sealed class ChoppedStream(byte[] bytes, int[] boundaries) : Stream
{
    private int _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public static ChoppedStream BySizes(byte[] bytes, IEnumerable<int> sizes)
    {
        var at = 0;
        return new ChoppedStream(bytes, [.. sizes.Select(s => at += s).TakeWhile(b => b < bytes.Length), bytes.Length]);
    }

    public override int Read(Span<byte> buffer)
    {
        var next = boundaries.FirstOrDefault(b => b > _at, bytes.Length);
        var count = Math.Min(buffer.Length, next - _at);
        bytes.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
