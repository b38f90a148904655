using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fabric.Drivers.Linux;

/// <summary>Kind, owner and permissions of what a path names, the link itself when it is a symbolic link.</summary>
/// <param name="Mode">Type and permission bits as in <c>stat(2)</c>.</param>
/// <param name="Owner">User id.</param>
internal readonly record struct FileFacts(int Mode, uint Owner)
{
    private const int TypeMask = 0xF000;
    private const int OthersRead = 0x4;
    private const int NoFollow = 0x100;
    private const int CurrentDirectory = -100;
    private const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;

    /// <summary>It is a socket.</summary>
    public bool IsSocket => (Mode & TypeMask) == 0xC000;

    /// <summary>It is a regular file.</summary>
    public bool IsRegular => (Mode & TypeMask) == 0x8000;

    /// <summary>It is a symbolic link.</summary>
    public bool IsLink => (Mode & TypeMask) == 0xA000;

    /// <summary>It is a directory.</summary>
    public bool IsDirectory => (Mode & TypeMask) == 0x4000;

    /// <summary>It is a regular file that every user may read.</summary>
    public bool IsPublicFile => (Mode & TypeMask) == 0x8000 && (Mode & OthersRead) != 0;

    /// <summary>What it is, for people.</summary>
    public string Kind => (Mode & TypeMask) switch
    {
        0xC000 => "a socket",
        0xA000 => "a symbolic link",
        0x8000 => "a regular file",
        0x4000 => "a directory",
        0x1000 => "a pipe",
        _ => "a device",
    };

    /// <summary>Null when there is nothing, or nothing that may be looked at.</summary>
    public static FileFacts? Of(string path)
    {
        // struct statx has one layout everywhere; struct stat has not.
        Span<byte> buffer = stackalloc byte[256];
        if (LibC.Statx(CurrentDirectory, path, NoFollow, TypeModeAndOwner, buffer) != 0)
            return null;
        var owner = MemoryMarshal.Read<uint>(buffer[20..]);
        var mode = BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..])
            : BinaryPrimitives.ReadUInt16BigEndian(buffer[28..]);
        return new FileFacts(mode, owner);
    }
}
