using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>Page work at the source: QEMU's stream is encoded, and the target's answer taken off the return path.</summary>
internal sealed class SourceWork : IRelayWork, IAnswerSource
{
    // A frame of a quarter is worth a call, and QEMU feels the link before a whole one has gathered.
    private const int WorthSending = 64 * 1024;

    private readonly PageWorkOptions _options;
    private readonly TransferStore? _store;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<string>? _bootFiles;
    private readonly TaskCompletionSource<AnswerReader> _answered =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AnswerReader? _reader;
    private PageEncoder? _encoder;
    private LinkSink? _link;
    private int _pages;

    public SourceWork(
        PageWorkOptions options, TransferStore? store, TimeProvider time, IReadOnlyList<string>? bootFiles) =>
        (_options, _store, _time, _bootFiles) = (options, store, time, bootFiles);

    public bool WorksOutward => true;

    public PageWorkCounts Counts => Volatile.Read(ref _encoder)?.Counts ?? default;

    public void Begin(LinkSink link)
    {
        _link = link;
        var key = _store?.KeyToPropose() ?? PageHasher.NewKey();
        OpenCheckpoint? checkpoint = _store is null ? null : (map, agreed) => _store.OpenCheckpoint(map, agreed);
        Volatile.Write(ref _encoder, new PageEncoder(_options, link, this, _time, key, checkpoint, _bootFiles));
    }

    public void Out(ReadOnlySpan<byte> bytes, bool rests)
    {
        _encoder!.Write(bytes);
        if (rests)
            _encoder.Flush();
        if (rests || _link!.Length >= WorthSending)
            _link!.PushInPace();
    }

    public void OutEnds()
    {
        _encoder!.Complete();
        _link!.Push();
    }

    public void In(ReadOnlySpan<byte> bytes, IByteSink qemu)
    {
        if (!_answered.Task.IsCompleted)
        {
            _reader ??= new AnswerReader(Volatile.Read(ref _pages));
            _reader.Read(ref bytes);
            if (_reader.IsComplete)
                _answered.TrySetResult(_reader);
        }

        if (!bytes.IsEmpty)
            qemu.Write(bytes);
    }

    public void InEnds(IByteSink qemu)
    {
    }

    public void Release() => _answered.TrySetException(
        new PageWorkException(PageWorkFault.NoAnswer, "the transfer ended before the target had answered"));

    public void Expect(int pages) => Volatile.Write(ref _pages, pages);

    public AnswerReader Wait()
    {
        _link!.Push();
        if (!_answered.Task.Wait(Limits.PageWork.AnswerWithinMs))
        {
            throw new PageWorkException(
                PageWorkFault.NoAnswer, $"the target did not answer within {Limits.PageWork.AnswerWithinMs} ms");
        }

        return _answered.Task.Result;
    }

    public void Dispose()
    {
        // Nobody may wait for it, and a fault that nobody waits for is not one.
        Release();
        _ = _answered.Task.Exception;
        _encoder?.Dispose();
    }
}
