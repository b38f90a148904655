namespace Fabric.Transport.Tests.Link;

/// <summary>A path that takes nothing: a write blocks until the stream is disposed of.</summary>
internal sealed class StuckStream : Stream
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _closed = new();
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when a write blocks.</summary>
    public Task Entered => _entered.Task;

    /// <summary>Completes when it is disposed of.</summary>
    public Task Closed => _gone.Task;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        _entered.TrySetResult();
        _closed.Wait(Guard.Token());
        throw new ObjectDisposedException(nameof(StuckStream));
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        _closed.Wait(Guard.Token());
        throw new ObjectDisposedException(nameof(StuckStream));
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _closed.Set();
        _gone.TrySetResult();
        base.Dispose(disposing);
    }
}
