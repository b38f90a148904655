using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>Encoder and decoder back to back, without threads: what the one writes, the other reads at once.</summary>
internal sealed class WorkPair : IAnswerSource, IDisposable
{
    private readonly Collector _answer = new();
    private readonly Link _link;
    private int _pages;

    public WorkPair(
        PageWorkOptions? source = null, PageWorkOptions? target = null, IPageHolder? holder = null,
        IByteSink? toQemu = null, Func<byte[], byte[]>? damage = null, byte[]? key = null,
        OpenCheckpoint? checkpoint = null, string[]? sourceFiles = null, string[]? targetFiles = null)
    {
        ToQemu = toQemu ?? new Collector();
        Decoder = new PageDecoder(target ?? new PageWorkOptions(), ToQemu, _answer, holder, targetFiles);
        _link = new Link(Decoder, damage);
        Encoder = new PageEncoder(
            source ?? new PageWorkOptions(), _link, this, TimeProvider.System,
            key ?? PageHasher.NewKey(), checkpoint, sourceFiles);
    }

    public PageEncoder Encoder { get; }

    public PageDecoder Decoder { get; }

    public IByteSink ToQemu { get; }

    public byte[] Output => ((Collector)ToQemu).ToArray();

    public byte[] AnswerBytes => _answer.ToArray();

    /// <summary>Bytes between the two.</summary>
    public long Wire => _link.Bytes;

    /// <summary>A source's stream to its end, in pieces of that size; 0 for random ones.</summary>
    public byte[] Run(byte[] stream, int chunk = 65_536, Random? random = null)
    {
        for (var at = 0; at < stream.Length;)
        {
            var size = random is null ? chunk : random.Next(1, random.Next(4) == 0 ? 8 : 100_000);
            var taken = Math.Min(size, stream.Length - at);
            Encoder.Write(stream.AsSpan(at, taken));
            at += taken;
            if (random is not null && random.Next(3) == 0)
                Encoder.Flush();
        }

        Encoder.Complete();
        Decoder.Complete();
        return ToQemu is Collector ? Output : [];
    }

    public void Expect(int pages) => _pages = pages;

    public AnswerReader Wait()
    {
        var reader = new AnswerReader(_pages);
        ReadOnlySpan<byte> bytes = _answer.ToArray();
        reader.Read(ref bytes);
        bytes.Length.ShouldBe(0);
        return reader.IsComplete
            ? reader
            : throw new PageWorkException(PageWorkFault.NoAnswer, "the target has not answered");
    }

    public void Dispose()
    {
        Encoder.Dispose();
        Decoder.Dispose();
    }

    private sealed class Link(PageDecoder decoder, Func<byte[], byte[]>? damage) : IByteSink
    {
        public long Bytes { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Bytes += bytes.Length;
            decoder.Write(damage is null ? bytes : damage(bytes.ToArray()));
        }
    }
}

/// <summary>Keeps what it is given.</summary>
internal sealed class Collector : IByteSink
{
    private readonly MemoryStream _bytes = new();

    public long Length => _bytes.Length;

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

    public byte[] ToArray() => _bytes.ToArray();
}
