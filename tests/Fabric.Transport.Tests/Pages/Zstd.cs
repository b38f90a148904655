using System.Runtime.InteropServices;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Debian's libzstd, for captures in full.</summary>
internal static partial class Zstd
{
    public static byte[] Decompress(byte[] frame)
    {
        var bytes = new byte[checked((int)GetFrameContentSize(frame, (nuint)frame.Length))];
        var written = Decompress(bytes, (nuint)bytes.Length, frame, (nuint)frame.Length);
        ((int)written).ShouldBe(bytes.Length);
        return bytes;
    }

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_getFrameContentSize")]
    private static partial ulong GetFrameContentSize(byte[] frame, nuint size);

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_decompress")]
    private static partial nuint Decompress(byte[] into, nuint capacity, byte[] frame, nuint size);
}
