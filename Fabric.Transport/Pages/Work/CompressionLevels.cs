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
        (BatchCodec.Zstd, 5, 7.0),
        (BatchCodec.Zstd, 7, 11.0),
        (BatchCodec.Zstd, 9, 16.0),
    ];

    /// <summary>
    /// The same where both sides have the guest's boot files. One step of these: a stronger one gains a tenth, and each
    /// has to look through the files anew.
    /// </summary>
    internal static IReadOnlyList<(BatchCodec Codec, int Strength, double Nanoseconds)> StepsWithBase { get; } =
    [
        .. Steps.Take(FirstWithBase),
        (BatchCodec.ZstdBase, ZstdBaseCodec.Strength, 4.0),
    ];

    /// <summary>Steps of the ladder.</summary>
    public static int Count => Steps.Count;

    /// <summary>What a stream begins with before anything was measured: cheap, and two thirds of the gain.</summary>
    public static int First => 2;

    /// <summary>The same with boot files: what they save is in the first round.</summary>
    public static int FirstWithBase => 3;
}
