using System.Runtime.InteropServices;

namespace Fabric.Transport.Pages.Work;

/// <summary>Debian's liblz4.</summary>
internal sealed unsafe partial class Lz4Codec : IBatchCodec
{
    private const string Library = "liblz4.so.1";
    private byte* _state = (byte*)NativeMemory.Alloc((nuint)SizeOfState());

    /// <summary>Null when it is there, otherwise what is missing.</summary>
    public static string? Missing { get; } = NativeProbe.Missing(Library);

    public BatchCodec Id => BatchCodec.Lz4;

    public int Pack(ReadOnlySpan<byte> plain, Span<byte> into, int strength)
    {
        ObjectDisposedException.ThrowIf(_state is null, this);
        fixed (byte* from = plain, to = into)
            return Compress(_state, from, to, plain.Length, into.Length, strength);
    }

    public int Unpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        fixed (byte* from = packed, to = into)
            return Decompress(from, to, packed.Length, into.Length);
    }

    public void Dispose()
    {
        NativeMemory.Free(_state);
        _state = null;
    }

    [LibraryImport(Library, EntryPoint = "LZ4_sizeofState")]
    private static partial int SizeOfState();

    [LibraryImport(Library, EntryPoint = "LZ4_compress_fast_extState")]
    private static partial int Compress(
        byte* state, byte* from, byte* to, int fromLength, int toLength, int acceleration);

    [LibraryImport(Library, EntryPoint = "LZ4_decompress_safe")]
    private static partial int Decompress(byte* from, byte* to, int fromLength, int toLength);
}
