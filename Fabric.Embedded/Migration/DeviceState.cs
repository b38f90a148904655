using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Fabric.Embedded.Guest;
using Fabric.Embedded.Machine;

namespace Fabric.Embedded.Migration;

/// <summary>
/// The guest's device in the stream, little endian:
/// <code>
/// u64 owner        VM and seed: another guest's stream is refused
/// u8 n, program    as text
/// u8 n, run state  of the source before it froze
/// registers        as they are in memory
/// u64 checksum     over all of it
/// </code>
/// </summary>
internal static class DeviceState
{
    /// <summary>The section's name.</summary>
    public const string Name = "fabric-guest";

    /// <summary>The version of this layout.</summary>
    public const uint Version = 1;

    private const int ChecksumSize = sizeof(ulong);

    /// <summary>Writes it. The guest stands.</summary>
    public static byte[] Save(GuestSystem guest, string runState)
    {
        using var state = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(number, guest.Owner);
        state.Write(number);
        foreach (var text in new[] { guest.Spec.ToString(), runState })
        {
            state.WriteByte(checked((byte)text.Length));
            state.Write(Encoding.ASCII.GetBytes(text));
        }

        state.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<GuestRegisters>(in guest.Registers)));
        BinaryPrimitives.WriteUInt64LittleEndian(number, Checksum(state.GetBuffer().AsSpan(0, (int)state.Length)));
        state.Write(number);
        return state.ToArray();
    }

    /// <summary>Checks everything, then sets the registers; returns the source's run state.</summary>
    /// <exception cref="MigrationFault">It is damaged, or of another guest.</exception>
    public static string Load(ReadOnlySpan<byte> state, GuestSystem guest)
    {
        if (state.Length < ChecksumSize || BinaryPrimitives.ReadUInt64LittleEndian(state[^ChecksumSize..]) != Checksum(state[..^ChecksumSize]))
            throw new MigrationFault($"the state of '{Name}' is damaged: its checksum is wrong");
        state = state[..^ChecksumSize];
        var owner = BinaryPrimitives.ReadUInt64LittleEndian(Take(ref state, sizeof(ulong)));
        var program = Text(ref state);
        var runState = Text(ref state);
        if (owner != guest.Owner)
            throw new MigrationFault($"the stream is of another VM or seed: its owner is {owner:x16}, this guest's {guest.Owner:x16}");
        if (!string.Equals(program, guest.Spec.ToString(), StringComparison.Ordinal))
            throw new MigrationFault($"the stream's guest runs '{program}', this one '{guest.Spec}'");
        if (runState is not (RunStates.Running or RunStates.Paused or RunStates.Prelaunch or RunStates.Postmigrate or RunStates.Shutdown))
            throw new MigrationFault($"the stream's guest was '{runState}', which is no state to move in");
        var size = Marshal.SizeOf<GuestRegisters>();
        if (state.Length != size)
            throw new MigrationFault($"the registers of '{Name}' have {state.Length} bytes and not {size}");
        var registers = MemoryMarshal.Read<GuestRegisters>(state);
        if (!guest.CanHold(in registers))
            throw new MigrationFault($"the registers of '{Name}' name pages that this guest does not have");
        guest.Registers = registers;
        return runState;
    }

    private static string Text(ref ReadOnlySpan<byte> state) => Encoding.ASCII.GetString(Take(ref state, Take(ref state, 1)[0]));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> state, int count)
    {
        if (state.Length < count)
            throw new MigrationFault($"the state of '{Name}' ends {count - state.Length} bytes too early");
        var taken = state[..count];
        state = state[count..];
        return taken;
    }

    private static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = (ulong)bytes.Length;
        foreach (var one in bytes)
            sum = PageFormat.Mix(sum ^ one);
        return sum;
    }
}
