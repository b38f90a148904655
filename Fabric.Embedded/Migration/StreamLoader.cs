using System.Text;
using Fabric.Embedded.Guest;
using Fabric.Embedded.Memory;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// Puts a stream into the guest. Whatever does not fit this very guest is refused with its name; pages that came before
/// are then in memory, but nothing ever runs on them: the process ends.
/// </summary>
internal sealed class StreamLoader(GuestSystem guest, Action<uint> pong) : IStreamVisitor
{
    private readonly PageBitmap _seen = new(guest.Memory.Pages);
    private readonly QemuStreamReader _reader = new(DeviceState.Name);
    private bool _hasMachine;
    private bool _mayAnswer;

    /// <summary>Everything has come.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The run state of the source before it froze; known when the device has come.</summary>
    public string? SourceState { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="MigrationFault">They are not of a stream for this guest.</exception>
    public void Take(ReadOnlySpan<byte> bytes) => _reader.Read(bytes, this);

    /// <summary>The bytes have ended.</summary>
    /// <exception cref="MigrationFault">Too early.</exception>
    public void End()
    {
        if (!IsComplete)
            throw new MigrationFault($"the stream ended after {_reader.Position + _reader.Held} bytes, before the guest was whole");
    }

    void IStreamVisitor.OnConfiguration(ReadOnlySpan<byte> machine)
    {
        var name = Encoding.Latin1.GetString(machine);
        if (!string.Equals(name, VmSpec.EmbeddedMachine, StringComparison.Ordinal))
            throw new MigrationFault($"the stream's machine type is '{Names.Shown(name)}', not '{VmSpec.EmbeddedMachine}'");
        _hasMachine = true;
    }

    void IStreamVisitor.OnSubsection(ReadOnlySpan<byte> name, uint version, ReadOnlySpan<byte> body) =>
        throw new MigrationFault($"the stream's configuration has '{Names.Shown(Encoding.Latin1.GetString(name))}', which is not known here");

    void IStreamVisitor.OnCommand(VmCommand command, ReadOnlySpan<byte> payload)
    {
        switch (command)
        {
            case VmCommand.OpenReturnPath:
                _mayAnswer = true;
                break;
            case VmCommand.Ping when _mayAnswer:
                pong(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case VmCommand.SwitchoverStart:
                break;
            default:
                throw new MigrationFault($"the stream's command {command} is not expected here");
        }
    }

    void IStreamVisitor.OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        if (!_hasMachine)
            throw new MigrationFault("the stream does not name its machine type");
        if (blocks is not [var block] || !string.Equals(block.Name, GuestStream.BlockName, StringComparison.Ordinal))
            throw new MigrationFault($"the stream's memory is not one block '{GuestStream.BlockName}'");
        if (block.Length != guest.Memory.Bytes)
        {
            throw new MigrationFault(
                $"Size mismatch: {block.Name}: 0x{block.Length:x} bytes in the stream, 0x{guest.Memory.Bytes:x} here");
        }
    }

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        var page = PageAt(offset);
        data.CopyTo(guest.Memory.Page(page));
        _seen.Add(page);
    }

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill)
    {
        // Memory that was never touched is zero, and stays unmapped so.
        var page = PageAt(offset);
        if (_seen[page] || fill != 0)
            guest.Memory.Page(page).Fill(fill);
        _seen.Add(page);
    }

    void IStreamVisitor.OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body)
    {
        if (SourceState is not null)
            throw new MigrationFault($"device '{name}' comes twice");
        if (version != DeviceState.Version || instance != 0)
            throw new MigrationFault($"device '{name}' has instance {instance}, version {version}, not 0 and {DeviceState.Version}");
        if (!_reader.IsRamEnded)
            throw new MigrationFault($"device '{name}' comes before the end of memory");
        SourceState = DeviceState.Load(body, guest);
    }

    void IStreamVisitor.OnEnd()
    {
        if (SourceState is null)
            throw new MigrationFault($"the stream has no device '{DeviceState.Name}'");
        if (_seen.Count() is var seen && seen != guest.Memory.Pages)
            throw new MigrationFault($"the stream had {seen} of the guest's {guest.Memory.Pages} pages");
        IsComplete = true;
    }

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
        if (!IsComplete)
            throw new MigrationFault($"the stream is not understood ({_reader.Opaque}, {_reader.Fault}): {_reader.Why}");
    }

    private static int PageAt(long offset) => (int)(offset / Limits.Guest.PageSize);
}
