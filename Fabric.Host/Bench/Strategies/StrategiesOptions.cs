using Fabric.Protocol;

namespace Fabric.Host.Bench.Strategies;

/// <summary>What is compared.</summary>
public sealed record StrategiesOptions
{
    /// <summary>Guest programs.</summary>
    public IReadOnlyList<string> Programs { get; init; } = [.. GuestProgramSpec.All];

    /// <summary>Lines, bytes a second each way.</summary>
    public IReadOnlyList<long> Lines { get; init; } = [100_000_000 / 8, 1_000_000_000 / 8];

    /// <summary>Of each guest: at 100 Mbit/s all of it takes 5.4 s.</summary>
    public long MemoryBytes { get; init; } = 64L << 20;

    /// <summary>A pause that counts as short enough, for pre-copy.</summary>
    public int DowntimeLimitMs { get; init; } = 30;

    /// <summary>How long the guest is watched before, to know what it does undisturbed.</summary>
    public TimeSpan Before { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it is watched afterwards.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Two programs, the fast line and a small guest: for CI.</summary>
    public static StrategiesOptions Quick { get; } = new()
    {
        Programs = [GuestProgramSpec.SpecWeb, GuestProgramSpec.MemoryMuncher],
        Lines = [1_000_000_000 / 8],
        MemoryBytes = 16L << 20,
        Before = TimeSpan.FromMilliseconds(300),
        After = TimeSpan.FromMilliseconds(300),
    };
}
