using System.Runtime.InteropServices;

namespace Fabric.Drivers.Linux;

/// <summary>Which file it is, whatever it is called: two paths with the same numbers are one file.</summary>
internal readonly record struct FileNumbers(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    private const int CurrentDirectory = -100;
    private const uint InodeWanted = 0x100;
    private const uint BlocksWanted = 0x400;
    private const int BlockBytes = 512;

    /// <summary>Of what the path leads to; null when there is nothing.</summary>
    public static FileNumbers? Of(string path)
    {
        // struct statx: inode at 32, device numbers at 136 and 140.
        Span<byte> buffer = stackalloc byte[256];
        return LibC.Statx(CurrentDirectory, path, 0, InodeWanted, buffer) != 0
            ? null
            : new FileNumbers(
                MemoryMarshal.Read<uint>(buffer[136..]),
                MemoryMarshal.Read<uint>(buffer[140..]),
                MemoryMarshal.Read<ulong>(buffer[32..]));
    }

    /// <summary>What a file takes on the disk; 0 when it is not there.</summary>
    public static long AllocatedBytesOf(string path)
    {
        Span<byte> buffer = stackalloc byte[256];
        return LibC.Statx(CurrentDirectory, path, 0, BlocksWanted, buffer) != 0
            ? 0
            : MemoryMarshal.Read<long>(buffer[48..]) * BlockBytes;
    }
}
