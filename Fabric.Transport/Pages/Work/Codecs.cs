namespace Fabric.Transport.Pages.Work;

/// <summary>The ways of packing that this host has.</summary>
internal sealed class Codecs : IDisposable
{
    private ZstdBaseCodec? _base;

    private readonly Lz4Codec? _lz4 = Lz4Codec.Missing is null ? new() : null;
    private readonly ZstdCodec? _zstd = ZstdCodec.Missing is null ? new() : null;

    /// <summary>A bit for each, by its number.</summary>
    public static byte Offered { get; } = (byte)(
        Bit(BatchCodec.Plain)
        | (Lz4Codec.Missing is null ? Bit(BatchCodec.Lz4) : 0)
        | (ZstdCodec.Missing is null ? Bit(BatchCodec.Zstd) : 0));

    /// <summary>From now on with boot files, which are disposed of with the codecs.</summary>
    public void Use(PageBase content) => _base = new ZstdBaseCodec(content);

    /// <summary>Makes ready what takes long, so that no batch seems to have taken it.</summary>
    public void Prepare() => _base?.Prepare();

    public IBatchCodec? Find(BatchCodec id) => id switch
    {
        BatchCodec.Lz4 => _lz4,
        BatchCodec.Zstd => _zstd,
        BatchCodec.ZstdBase => _base,
        _ => null,
    };

    /// <summary>The highest step below or at the wanted one that both sides have.</summary>
    public static int Usable(int level, int offered)
    {
        // Boot files take zstd's own place on the ladder.
        while (level > 0 && (offered & Offered & Bit(CompressionLevels.Steps[level].Codec)) == 0)
            level--;
        return level;
    }

    public static int Bit(BatchCodec id) => 1 << (int)id;

    public void Dispose()
    {
        _lz4?.Dispose();
        _zstd?.Dispose();
        _base?.Dispose();
    }
}
