using System.Buffers.Binary;
using System.Text;
using Fabric.Embedded.Guest;
using Fabric.Embedded.Machine;
using Fabric.Embedded.Memory;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// Puts a stream into the guest. Whatever does not fit this very guest is refused with its name; pages that came before
/// are then in memory, but nothing ever runs on them: the process ends. In post-copy the guest runs before all pages
/// are here; from then on a page is put in place once, and what the guest touches meanwhile is asked for.
/// </summary>
internal sealed class StreamLoader(GuestParts parts, MigrationTrack track, Answers answers) : IStreamVisitor
{
    private static readonly byte[] Zero = new byte[Limits.Guest.PageSize];

    private readonly PageBitmap _seen = new(parts.Guest.Memory.Pages);
    private readonly QemuStreamReader _reader = new(DeviceState.Name);
    private bool _hasMachine;
    private bool _isFresh = true;
    private bool _mayAnswer;
    private bool _mayPostcopy;
    private RamBlock? _block;

    /// <summary>Everything has come.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The guest is here and may run, though pages are missing.</summary>
    public bool IsRunnable { get; private set; }

    /// <summary>The run state of the source before it froze; known when the device has come.</summary>
    public string? SourceState { get; private set; }

    private GuestMemory Memory => parts.Guest.Memory;

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

    /// <summary>The rest comes over another connection.</summary>
    public void Resume() => _reader.Resume();

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
                answers.Open();
                break;
            case VmCommand.Ping when _mayAnswer:
                answers.Pong(BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case VmCommand.SwitchoverStart or VmCommand.Packaged:
                break;
            case VmCommand.PostcopyAdvise when track.Settings.Has(MigrationSettings.PostcopyRam) && _mayAnswer:
                _mayPostcopy = true;
                break;
            case VmCommand.PostcopyRamDiscard when _mayPostcopy && !IsRunnable:
                Discard(payload);
                break;
            case VmCommand.PostcopyListen when _mayPostcopy && _block is not null && Memory.Missing is null:
                Listen();
                break;
            case VmCommand.PostcopyRun when Memory.Missing is not null && SourceState is not null && !IsRunnable:
                Run();
                break;
            case VmCommand.RecvBitmap when IsRunnable:
                answers.Received(_block!, Memory.Missing!.Bitmap());
                break;
            case VmCommand.PostcopyResume when IsRunnable:
                GoOn();
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
        if (block.Length != Memory.Bytes)
        {
            throw new MigrationFault(
                $"Size mismatch: {block.Name}: 0x{block.Length:x} bytes in the stream, 0x{Memory.Bytes:x} here");
        }

        _block = block;
    }

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data) => Place(PageAt(offset), data);

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill)
    {
        var page = PageAt(offset);
        if (fill != 0)
            throw new MigrationFault($"the page at 0x{offset:x} is said to be all zero and all 0x{fill:x2} at once");

        // Memory that was never touched is zero, and stays unmapped so. Of a page that was sent and discarded the old
        // content is still there.
        if (_isFresh && !_seen[page])
            _seen.Add(page);
        else
            Place(page, Zero);
    }

    void IStreamVisitor.OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body)
    {
        if (SourceState is not null)
            throw new MigrationFault($"device '{name}' comes twice");
        if (version != DeviceState.Version || instance != 0)
            throw new MigrationFault($"device '{name}' has instance {instance}, version {version}, not 0 and {DeviceState.Version}");
        if (!_reader.IsRamEnded && Memory.Missing is null)
            throw new MigrationFault($"device '{name}' comes before the end of memory");
        SourceState = DeviceState.Load(body, parts.Guest);
    }

    void IStreamVisitor.OnEnd()
    {
        if (SourceState is null)
            throw new MigrationFault($"the stream has no device '{DeviceState.Name}'");
        if (Memory.Missing is { } missing)
        {
            if (missing.Count > 0 || !IsRunnable)
                throw new MigrationFault($"the stream ends, and {missing.Count} pages are missing");
            Memory.Missing = null;
        }
        else if (_seen.Count() is var seen && seen != Memory.Pages)
        {
            throw new MigrationFault($"the stream had {seen} of the guest's {Memory.Pages} pages");
        }

        IsComplete = true;
    }

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
        if (!IsComplete)
            throw new MigrationFault($"the stream is not understood ({_reader.Opaque}, {_reader.Fault}): {_reader.Why}");
    }

    private static int PageAt(long offset) => (int)(offset / Limits.Guest.PageSize);

    private void Place(int page, ReadOnlySpan<byte> data)
    {
        if (Memory.Missing is { } missing)
        {
            if (missing.TryPlace(page, data, Memory.Page(page)))
                parts.Vcpu.PageCame(page);
            return;
        }

        data.CopyTo(Memory.Page(page));
        _seen.Add(page);
    }

    private void Discard(ReadOnlySpan<byte> payload)
    {
        if (!RamDiscard.TryParse(payload, out var discard) || _block is null
            || !string.Equals(Encoding.Latin1.GetString(discard.Name), _block.Name, StringComparison.Ordinal))
            throw new MigrationFault("a discard names memory that this guest does not have");
        _isFresh = false;
        for (var i = 0; i < discard.Count; i++)
        {
            var (start, length) = discard[i];
            if (start % Limits.Guest.PageSize != 0 || length % Limits.Guest.PageSize != 0
                || start > (ulong)Memory.Bytes || length > (ulong)Memory.Bytes - start)
                throw new MigrationFault($"a discard of {length} bytes at 0x{start:x} lies outside of memory");
            for (var page = PageAt((long)start); page < PageAt((long)(start + length)); page++)
                _seen.Remove(page);
        }
    }

    private void Listen()
    {
        _isFresh = false;
        Memory.Missing = new MissingPages(_seen);
        parts.Vcpu.Fetch = page => answers.Request(_block!, page);
    }

    private void Run()
    {
        using (parts.MainLock.Take())
        {
            IsRunnable = true;
            track.TryMove(MigrationPhases.Active, MigrationPhases.PostcopyActive);
            parts.Run.Loaded(SourceState!);
        }
    }

    private void GoOn()
    {
        track.TryMove(MigrationPhases.PostcopyRecover, MigrationPhases.PostcopyActive);
        answers.Resumed();
        if (parts.Vcpu.AwaitedPage is { } page)
            answers.Request(_block!, page);
    }
}
