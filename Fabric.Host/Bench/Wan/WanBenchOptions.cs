using Fabric.Host.Impair;

namespace Fabric.Host.Bench.Wan;

/// <summary>What <c>fabric bench wan</c> compares, and on which line.</summary>
public sealed record WanBenchOptions
{
    /// <summary>The line between the hosts; the same for all.</summary>
    public ImpairSettings Line { get; init; } =
        new(Delay: TimeSpan.FromMilliseconds(25), BytesPerSecond: 100_000_000 / 8);

    /// <summary>The guest's memory.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>The guests, by their words; empty is all.</summary>
    public IReadOnlyList<string> Guests { get; init; } = [];

    /// <summary>How long the line is cut, half-way.</summary>
    public TimeSpan Cut { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Only the comparison of bytes, without anything broken.</summary>
    public bool Quick { get; init; }

    /// <summary>The QEMU program.</summary>
    public string QemuBinary { get; init; } = "qemu-system-x86_64";

    /// <summary>Folder with the guest's vmlinux and initrd.cpio; null looks for artifacts/guest.</summary>
    public string? GuestDirectory { get; init; }
}
