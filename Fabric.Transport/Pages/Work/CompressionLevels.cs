namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The ladder of compression, from nothing to the strongest. The speeds are those of one 2.5 GHz core over pages of a
/// guest and serve to foresee what a step up would cost before it was tried; from then on what was measured counts.
/// </summary>
public static class CompressionLevels
{
    /// <summary>None, LZ4, and zstd at five strengths.</summary>
    internal static IReadOnlyList<(BatchCodec Codec, int Strength, double Nanoseconds)> Steps { get; } =
    [
        (BatchCodec.Plain, 0, 0.0),
        (BatchCodec.Lz4, 1, 1.0),
        (BatchCodec.Zstd, 1, 2.0),
        (BatchCodec.Zstd, 3, 4.0),
        (BatchCodec.Zstd, 5, 9.0),
        (BatchCodec.Zstd, 9, 20.0),
        (BatchCodec.Zstd, 12, 70.0),
    ];

    /// <summary>The first step at which boot files are looked through: where zstd begins.</summary>
    internal static int FirstWithBase => 2;

    /// <summary>Steps of the ladder.</summary>
    public static int Count => Steps.Count;

    /// <summary>
    /// What a stream begins with before anything was measured: most of the gain, and the most that pays on a line of
    /// 100 Mbit/s. On a faster one it goes down within a quarter of a second.
    /// </summary>
    public static int First => 4;
}
