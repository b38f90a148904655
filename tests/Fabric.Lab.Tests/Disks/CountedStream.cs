namespace Fabric.Lab.Tests.Disks;

/// <summary>A stream that counts what goes through, and ends or stalls where the test says.</summary>
internal sealed class CountedStream(Stream inner, CountedStream.Line line) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await line.PassAsync(buffer.Length, inner, cancellationToken);
        await inner.WriteAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What the test knows of, and does to, the line.</summary>
    public sealed class Line
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _cut = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _sent;

        /// <summary>Bytes sent.</summary>
        public long Sent => Interlocked.Read(ref _sent);

        /// <summary>The line stalls after so many, until it is cut or closed.</summary>
        public long StallAfter { get; init; } = long.MaxValue;

        /// <summary>Cuts a line that stalls.</summary>
        public void Cut() => _cut.TrySetResult();

        /// <summary>Completes when the line stalls.</summary>
        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(60));

        public async Task PassAsync(int count, Stream inner, CancellationToken cancellation)
        {
            var sent = Interlocked.Add(ref _sent, count);
            if (sent > StallAfter)
            {
                _reached.TrySetResult();
                await _cut.Task.WaitAsync(cancellation);
                inner.Dispose();
                throw new IOException("the line was cut");
            }
        }
    }
}
