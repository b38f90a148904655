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

    /// <summary>The parts; empty is all.</summary>
    public IReadOnlyList<WanPart> Parts { get; init; } = [];

    /// <summary>
    /// How often what is compared with itself is done: two undisturbed moves of one guest differ by more bytes than a
    /// cut may cost, so medians are compared.
    /// </summary>
    public int Rounds { get; init; } = 3;

    /// <summary>How long the line is cut, half-way.</summary>
    public TimeSpan Cut { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Leaves the directories with the fabric's journals and logs.</summary>
    public bool Keep { get; init; }

    /// <summary>The QEMU program.</summary>
    public string QemuBinary { get; init; } = "qemu-system-x86_64";

    /// <summary>Folder with the guest's vmlinux and initrd.cpio; null looks for artifacts/guest.</summary>
    public string? GuestDirectory { get; init; }

    /// <summary>Whether a part is wanted.</summary>
    public bool Has(WanPart part) => Parts.Count == 0 || Parts.Contains(part);
}
