using System.Globalization;

namespace Fabric.Protocol;

/// <summary>What a guest of the embedded hypervisor runs, as text: <c>oltp</c> or <c>oltp,seed=7</c>.</summary>
/// <param name="Name">One of <see cref="All"/>.</param>
/// <param name="Seed">Everything it does follows from this and the VM's name.</param>
public sealed record GuestProgramSpec(string Name, ulong Seed)
{
    public const string Idle = "idle";
    public const string StaticWeb = "static-web";
    public const string SpecWeb = "specweb";
    public const string GameServer = "game-server";
    public const string MemoryMuncher = "memory-muncher";
    public const string KernelBuild = "kernel-build";
    public const string Oltp = "oltp";

    private const string SeedWord = "seed=";

    /// <summary>The programs' names.</summary>
    public static IReadOnlyList<string> All { get; } =
        [Idle, StaticWeb, SpecWeb, GameServer, MemoryMuncher, KernelBuild, Oltp];

    /// <summary>Reads the text; false when it is none.</summary>
    public static bool TryRead(string text, out GuestProgramSpec spec)
    {
        var parts = text.Split(',');
        var seed = 1UL;
        spec = new GuestProgramSpec(parts[0], seed);
        if (!All.Contains(parts[0], StringComparer.Ordinal) || parts.Length > 2)
            return false;
        if (parts.Length == 2 && !(parts[1].StartsWith(SeedWord, StringComparison.Ordinal)
            && ulong.TryParse(parts[1].AsSpan(SeedWord.Length), NumberStyles.None, CultureInfo.InvariantCulture, out seed)))
            return false;
        spec = new GuestProgramSpec(parts[0], seed);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name},seed={Seed}");
}
