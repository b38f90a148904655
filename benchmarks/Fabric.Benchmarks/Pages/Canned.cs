using Fabric.Transport.Pages.Work;

namespace Fabric.Benchmarks.Pages;

/// <summary>A target's answer without a target: one that holds what it was told, or nothing.</summary>
internal sealed class Canned(byte[] answer, bool withBase = false) : IAnswerSource
{
    private readonly byte[] _key = answer.Length == 0
        ? PageHasher.NewKey()
        : TargetAnswer.Read(answer.AsSpan(0, TargetAnswer.Size)).Key;

    private int _pages;

    public byte[] Key => _key;

    public void Expect(int pages) => _pages = pages;

    public AnswerReader Wait()
    {
        var reader = new AnswerReader(_pages);
        ReadOnlySpan<byte> bytes = answer.Length == 0 ? Empty() : answer;
        reader.Read(ref bytes);
        return reader;
    }

    private byte[] Empty()
    {
        var sink = new Recorder();
        var head = new byte[TargetAnswer.Size];
        var codecs = Codecs.Offered | (withBase ? Codecs.Bit(BatchCodec.ZstdWindows) : 0);
        new TargetAnswer(WorkPreface.Version, TargetMode.Holds, (byte)codecs, _key, _pages).Write(head);
        sink.Write(head);
        ManifestWriter.Write(new PageHash[_pages], new PageHasher(_key), sink, isShort: true);
        return sink.ToArray();
    }
}
