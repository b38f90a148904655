namespace Fabric.Transport.Pages.Work;

/// <summary>The ways of packing that this host has.</summary>
internal sealed class Codecs : IDisposable
{
    private readonly Lz4Codec? _lz4 = Lz4Codec.Missing is null ? new() : null;
    private readonly ZstdContext _context = new();
    private readonly ZstdCodec? _zstd;
    private ZstdWindowsCodec? _windows;

    public Codecs() => _zstd = ZstdCodec.Missing is null ? new(_context) : null;

    /// <summary>A bit for each, by its number.</summary>
    public static byte Offered { get; } = (byte)(
        Bit(BatchCodec.Plain)
        | (Lz4Codec.Missing is null ? Bit(BatchCodec.Lz4) : 0)
        | (ZstdCodec.Missing is null ? Bit(BatchCodec.Zstd) : 0));

    /// <summary>From now on with boot files, which are disposed of with the codecs.</summary>
    public ZstdWindowsCodec Use(PageBase content) => _windows = new ZstdWindowsCodec(_context, content);

    public IBatchCodec? Find(BatchCodec id) => id switch
    {
        BatchCodec.Lz4 => _lz4,
        BatchCodec.Zstd => _zstd,
        BatchCodec.ZstdWindows => _windows,
        _ => null,
    };

    /// <summary>The highest step below or at the wanted one that both sides have.</summary>
    public static int Usable(int level, int offered)
    {
        while (level > 0 && (offered & Offered & Bit(CompressionLevels.Steps[level].Codec)) == 0)
            level--;
        return level;
    }

    public static int Bit(BatchCodec id) => 1 << (int)id;

    public void Dispose()
    {
        _lz4?.Dispose();
        _context.Dispose();
        _windows?.Dispose();
    }
}
