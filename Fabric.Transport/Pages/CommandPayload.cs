using System.Buffers.Binary;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>What the payload of each command must look like.</summary>
internal static class CommandPayload
{
    public static uint Number(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt32BigEndian(payload);

    public static ulong Long(ReadOnlySpan<byte> payload) => BinaryPrimitives.ReadUInt64BigEndian(payload);

    /// <summary>Null when the command is not known.</summary>
    public static bool? HasLength(VmCommand command, int length) => command switch
    {
        VmCommand.OpenReturnPath or VmCommand.PostcopyListen or VmCommand.PostcopyRun => length == 0,
        VmCommand.PostcopyResume or VmCommand.SwitchoverStart => length == 0,
        VmCommand.Ping or VmCommand.Packaged => length == 4,
        VmCommand.PostcopyAdvise => length is 0 or 16,
        VmCommand.PostcopyRamDiscard => length >= RamDiscard.BytesMin,
        VmCommand.RecvBitmap => length is > 1 and <= 1 + Limits.Stream.NameBytesMax,
        _ => null,
    };

    public static bool Fits(VmCommand command, ReadOnlySpan<byte> payload) => command switch
    {
        VmCommand.PostcopyRamDiscard => RamDiscard.TryParse(payload, out _),
        VmCommand.RecvBitmap => payload[0] == payload.Length - 1,
        _ => true,
    };
}
