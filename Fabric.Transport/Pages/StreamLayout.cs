using Fabric.Protocol;

namespace Fabric.Transport.Pages;

// QEMU's migration stream, as far as the fabric reads it (7.2 to 10.0). All numbers are big endian; a name is one byte
// of length and that many bytes.
//
//   "QEVM"  u32 3
//   07      u32 length, machine name; then any number of  05 name u32 version, body   (what the machine type asks for)
//   08      u16 VmCommand, u16 length, payload
//   01      u32 section, name "ram", u32 instance 0, u32 version 4, records, footer   first section of RAM
//   02, 03  u32 section, records, footer                                              the next ones, and the last
//   04      u32 section, name, u32 instance, u32 version, body, footer                one device
//   00      end; then 06 u32 length, a description in JSON, which a receiver does not need
//   footer  7e u32 section
//
// A record is u64 (offset in the block | flags), then, unless CONTINUE is set, the block's name, then what the flag says:
//
//   02 ZERO      one byte that fills the page
//   04 MEM_SIZE  the offset is the sum of all blocks; {name, u64 length [, u64 address]} until the sum is reached
//   08 PAGE      4,096 bytes
//   10 EOS       ends the section's records
//   20 CONTINUE  same block as the record before, be that in an earlier section
//
// The body of a device says nothing about its length, so a reader that does not know the device cannot find its end: from
// the first such section on everything is opaque. Sections named in the reader's constructor are the exception; their body
// is u32 length, bytes.

/// <summary>What a section brings.</summary>
public enum SectionKind : byte
{
    /// <summary>The first of a live section: its name and its layout.</summary>
    Start = 1,

    /// <summary>More of it.</summary>
    Part = 2,

    /// <summary>The last of it.</summary>
    End = 3,

    /// <summary>A section in one piece.</summary>
    Full = 4,
}

internal static class StreamLayout
{
    public const uint Magic = 0x5145_564d;
    public const uint Version = 3;

    public const byte EndOfStream = 0x00;
    public const byte Subsection = 0x05;
    public const byte Configuration = 0x07;
    public const byte Command = 0x08;
    public const byte Footer = 0x7e;

    public const ulong FlagZero = 0x02;
    public const ulong FlagMemSize = 0x04;
    public const ulong FlagPage = 0x08;
    public const ulong FlagEos = 0x10;
    public const ulong FlagContinue = 0x20;
    public const ulong FlagMask = Limits.Stream.PageSize - 1;

    public const uint RamVersion = 4;

    /// <summary>What QEMU sends in RESUME_ACK; any other value is an error.</summary>
    public const uint ResumeAckValue = 1;

    /// <summary>Ends a bitmap on the return path.</summary>
    public const ulong BitmapEnding = 0x0123_4567_89ab_cdef;

    public static ReadOnlySpan<byte> RamName => "ram"u8;

    public static ReadOnlySpan<byte> TargetPageBits => "configuration/target-page-bits"u8;

    public static ReadOnlySpan<byte> Capabilities => "configuration/capabilities"u8;

    public static ReadOnlySpan<byte> Uuid => "configuration/uuid"u8;

    public static ReadOnlySpan<byte> IgnoreShared => "x-ignore-shared"u8;
}
