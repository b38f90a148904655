using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Debian's libxxhash: XXH3 with a secret. A page takes 0.6 us, so the calls do not hold the collector up and need no
/// hand-over to it.
/// </summary>
internal static unsafe partial class XxHash
{
    private const string Library = "libxxhash.so.0";

    /// <summary>Null when it is there, otherwise what is missing.</summary>
    public static string? Missing { get; } = NativeProbe.Missing(Library);

    public static UInt128Parts Hash128(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> secret)
    {
        fixed (byte* at = bytes, with = secret)
            return Hash128(at, (nuint)bytes.Length, with, (nuint)secret.Length);
    }

    public static ulong Hash64(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> secret)
    {
        fixed (byte* at = bytes, with = secret)
            return Hash64(at, (nuint)bytes.Length, with, (nuint)secret.Length);
    }

    [LibraryImport(Library, EntryPoint = "XXH3_128bits_withSecret")]
    [SuppressGCTransition]
    private static partial UInt128Parts Hash128(byte* bytes, nuint length, byte* secret, nuint secretLength);

    [LibraryImport(Library, EntryPoint = "XXH3_64bits_withSecret")]
    private static partial ulong Hash64(byte* bytes, nuint length, byte* secret, nuint secretLength);

    /// <summary>XXH128_hash_t: returned in two registers.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct UInt128Parts
    {
        public ulong Low;
        public ulong High;
    }
}
