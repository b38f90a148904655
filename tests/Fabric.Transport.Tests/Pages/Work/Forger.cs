using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>Writes a work stream with right checks and whatever else is asked for.</summary>
internal sealed class Forger
{
    private readonly PageHasher _hasher = new(PageHasher.NewKey());
    private readonly List<byte> _bytes = [];
    private uint _sequence;

    private readonly string[] _files;

    /// <param name="file">What the guest was booted from, on both sides; null for nothing.</param>
    public Forger(string? file = null)
    {
        _files = file is null ? [] : [file];
        using var content = PageBase.TryLoad(_files, withIndex: false);
        var preface = new byte[WorkPreface.Size];
        WorkPreface.Write(preface, Codecs.Offered, _hasher.Key.Span, content?.Digest ?? default);
        _bytes.AddRange(preface);
    }

    public Collector ToQemu { get; } = new();

    public void Batch(byte[] items, byte[] data)
    {
        byte[] plain = [.. items, .. data];
        Frame(
            new(WorkFrame.Batch, BatchCodec.Plain, _sequence, items.Length, plain.Length, plain.Length, 0, 0),
            plain, plain, default);
    }

    public void End() => Frame(new(WorkFrame.End, BatchCodec.Plain, _sequence, 0, 0, 0, 0, 0), [], default, default);

    public void Frame(WorkHead head, byte[] packed, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> raw)
    {
        var front = new byte[WorkHead.Size];
        head.Write(front);
        (head with { Check = _hasher.Check(front.AsSpan(0, WorkHead.CheckedSize), plain, raw) }).Write(front);
        _bytes.AddRange(front);
        _bytes.AddRange(packed);
        _bytes.AddRange(raw);
        _sequence++;
    }

    public PageWorkFault Play(bool holds = true)
    {
        using var decoder = new PageDecoder(
            new PageWorkOptions(), ToQemu, new Collector(), holds ? new MemoryHolder() : null, _files);
        try
        {
            decoder.Write(_bytes.ToArray());
            decoder.Complete();
            return PageWorkFault.None;
        }
        catch (PageWorkException e)
        {
            return e.Fault;
        }
    }
}
