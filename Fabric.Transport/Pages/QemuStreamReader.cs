using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Pages;

/// <summary>
/// Reads a migration stream as it arrives. Nothing in it is an error to a relay: from what is not understood on, the
/// bytes are passed on as they are. A receiver that needs all of it takes <see cref="IncrementalReader{T}.IsOpaque"/>
/// before <see cref="IsComplete"/> for its error, and finds its name in <c>Fault</c> or <c>Opaque</c>.
/// </summary>
public sealed class QemuStreamReader : IncrementalReader<IStreamVisitor>
{
    private readonly (byte[] Bytes, string Text)[] _devices;
    private readonly RamSetup _ram = new();
    private Place _place = Place.Header;
    private bool _ramEnded;
    private uint _section;
    private SectionKind _kind;
    private RamBlock? _block;
    private long _packageEnd = -1;

    /// <summary>A reader at the beginning of a stream.</summary>
    /// <param name="devices">Devices whose body is a length and bytes, by the name of their section.</param>
    public QemuStreamReader(params ReadOnlySpan<string> devices)
    {
        _devices = new (byte[], string)[devices.Length];
        for (var i = 0; i < devices.Length; i++)
            _devices[i] = (Encoding.Latin1.GetBytes(devices[i]), devices[i]);
    }

    private enum Place
    {
        Header,
        AfterHeader,
        AfterConfiguration,
        Top,
        Records,
        Footer,
        Ended,
    }

    /// <summary>The end was read, and everything before it.</summary>
    public bool IsComplete => _place == Place.Ended;

    /// <summary>The last section of RAM was read.</summary>
    public bool IsRamEnded => _ramEnded;

    /// <summary>All blocks; empty before they were read.</summary>
    public IReadOnlyList<RamBlock> Blocks => _ram.Blocks;

    /// <summary>
    /// Post-copy was interrupted and goes on over a new connection: what was cut is thrown away (the source sends it
    /// again), there is no header, sections keep their numbers, and the first page names its block.
    /// </summary>
    public void Resume()
    {
        if (IsOpaque || _place < Place.Top)
            throw new InvalidOperationException($"a stream at {_place} ({Opaque}) cannot go on over a new connection");
        Forget();
        _place = Place.Top;
        _block = null;
        _packageEnd = -1;
    }

    /// <summary>Where the last construct that was read has left the stream.</summary>
    internal StreamStanding Standing => new(
        IsOpaque ? StreamPlace.Elsewhere : _place switch
        {
            Place.Top => StreamPlace.Between,
            Place.Records => StreamPlace.InRecords,
            Place.Footer => StreamPlace.BeforeFooter,
            _ => StreamPlace.Elsewhere,
        },
        _kind);

    private protected override bool EndsHere => IsComplete;

    private protected override long Room => _packageEnd < 0
        ? Limits.Stream.ConstructBytesMax
        : Math.Min(Limits.Stream.ConstructBytesMax, _packageEnd - Position);

    private protected override void Overrun(long need, long room)
    {
        if (_packageEnd >= 0 && need > _packageEnd - Position)
            Fail(StreamFault.Package, $"a package ends {room} bytes into a construct of {need} or more");
        else
            base.Overrun(need, room);
    }

    private protected override void ReportOpaque(ReadOnlySpan<byte> bytes, IStreamVisitor visitor) =>
        visitor.OnOpaque(bytes);

    private protected override bool TryConstruct(ref Cursor at, IStreamVisitor visitor)
    {
        if (!(_place switch
        {
            Place.Records => TryRecord(ref at, visitor),
            Place.Header => TryHeader(ref at, visitor),
            Place.Footer => TryFooter(ref at, visitor),
            _ => TryTop(ref at, visitor),
        }))
            return false;
        if (_packageEnd >= 0 && Position + at.At >= _packageEnd)
            _packageEnd = -1;
        return true;
    }

    private bool TryHeader(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.UInt32(out var magic))
            return false;
        if (magic != StreamLayout.Magic)
            return Fail(StreamFault.Magic, $"a stream begins with QEVM and not with 0x{magic:x8}");
        if (!at.UInt32(out var version))
            return false;
        if (version != StreamLayout.Version)
            return Fail(StreamFault.Version, $"a stream has version 3 and not {version}");
        _place = Place.AfterHeader;
        visitor.OnHeader(version);
        return true;
    }

    private bool TryTop(ref Cursor at, IStreamVisitor visitor) => at.Byte(out var type) && type switch
    {
        StreamLayout.Configuration when _place == Place.AfterHeader => TryConfiguration(ref at, visitor),
        StreamLayout.Subsection when _place == Place.AfterConfiguration => TrySubsection(ref at, visitor),
        StreamLayout.Command => TryCommand(ref at, visitor),
        (byte)SectionKind.Start => TryStart(ref at, visitor),
        (byte)SectionKind.Part or (byte)SectionKind.End => TryPart(ref at, (SectionKind)type, visitor),
        (byte)SectionKind.Full => TryFull(ref at, visitor),
        StreamLayout.EndOfStream => TryEnd(visitor),
        _ => GoOpaque(OpaqueReason.SectionType, $"a section of type 0x{type:x2} is not known here"),
    };

    private bool TryConfiguration(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.UInt32(out var length))
            return false;
        if (length > Limits.Stream.MachineBytesMax)
            return Fail(StreamFault.TooLong, $"a machine type of {length} is above {Limits.Stream.MachineBytesMax}");
        if (!at.Bytes((int)length, out var machine))
            return false;
        _place = Place.AfterConfiguration;
        visitor.OnConfiguration(machine);
        return true;
    }

    private bool TrySubsection(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.Name(out var name) || !at.UInt32(out var version))
            return false;
        var refusal = _ram.TrySubsection(ref at, name, out var body);
        if (refusal is not null)
            return GoOpaque(OpaqueReason.Configuration, refusal);
        if (at.Need > 0)
            return false;
        visitor.OnSubsection(name, version, body);
        return true;
    }

    private bool TryCommand(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.UInt16(out var number) || !at.UInt16(out var length))
            return false;
        var command = (VmCommand)number;
        if (CommandPayload.HasLength(command, length) is not { } hasLength)
            return GoOpaque(OpaqueReason.Command, $"command {number} is not known");
        if (!hasLength)
            return Fail(StreamFault.CommandLength, $"command {command} has {length} bytes");
        if (!at.Bytes(length, out var payload))
            return false;
        if (!CommandPayload.Fits(command, payload))
            return Fail(StreamFault.CommandPayload, $"the {length} bytes of command {command} contradict themselves");
        if (command == VmCommand.PostcopyAdvise)
            _ram.Advise(payload);
        if (command == VmCommand.Packaged && !TryPackage(CommandPayload.Number(payload), at.At))
            return false;
        _place = Place.Top;
        visitor.OnCommand(command, payload);
        return true;
    }

    private bool TryPackage(uint length, int head)
    {
        if (_packageEnd >= 0)
            return Fail(StreamFault.Package, "a package lies in a package");
        if (length > Limits.Stream.PackageBytesMax)
            return Fail(StreamFault.TooLong, $"a package of {length} bytes is above {Limits.Stream.PackageBytesMax}");
        if (length > 0)
            _packageEnd = Position + head + length;
        return true;
    }

    private bool TryStart(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.UInt32(out var section) || !at.Name(out var name))
            return false;
        if (!at.UInt32(out var instance) || !at.UInt32(out var version))
            return false;
        if (!name.SequenceEqual(StreamLayout.RamName) || instance != 0 || version != StreamLayout.RamVersion)
            return GoOpaque(OpaqueReason.LiveSection,
                $"live section {Encoding.Latin1.GetString(name)}, instance {instance}, version {version} is not known");
        if (_ram.IsStarted)
            return Fail(StreamFault.SectionId, $"RAM starts twice, as section {_section} and {section}");
        _ram.IsStarted = true;
        return Section(SectionKind.Start, section, visitor);
    }

    private bool TryPart(ref Cursor at, SectionKind kind, IStreamVisitor visitor)
    {
        if (!at.UInt32(out var section))
            return false;
        if (!_ram.IsStarted || section != _section || _ramEnded)
            return Fail(StreamFault.SectionId, _ramEnded
                ? $"section {section} goes on after its end"
                : $"section {section} was not announced");
        return Section(kind, section, visitor);
    }

    private bool Section(SectionKind kind, uint section, IStreamVisitor visitor)
    {
        _section = section;
        _kind = kind;
        _place = Place.Records;
        visitor.OnRamSection(kind, section);
        return true;
    }

    private bool TryFooter(ref Cursor at, IStreamVisitor visitor)
    {
        if (!TryFooter(ref at, _section))
            return false;
        _place = Place.Top;
        _ramEnded |= _kind == SectionKind.End;
        visitor.OnFooter(_section);
        return true;
    }

    private bool TryFooter(ref Cursor at, uint section)
    {
        if (!at.Byte(out var type))
            return false;
        if (type != StreamLayout.Footer)
            return Fail(StreamFault.Footer, $"section {section} ends with 0x{type:x2} and not with a footer");
        return at.UInt32(out var number) && (number == section
            || Fail(StreamFault.Footer, $"section {section} ends with the footer of section {number}"));
    }

    private bool TryFull(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.UInt32(out var section) || !at.Name(out var name))
            return false;
        if (!at.UInt32(out var instance) || !at.UInt32(out var version))
            return false;
        if (Known(name) is not { } device)
            return GoOpaque(OpaqueReason.DeviceState, $"device {Encoding.Latin1.GetString(name)} is not known");
        if (!at.UInt32(out var length))
            return false;
        if (length > Limits.Stream.DeviceBytesMax)
            return Fail(StreamFault.TooLong, $"{device} has {length} bytes, above {Limits.Stream.DeviceBytesMax}");
        if (!at.Bytes((int)length, out var body) || !TryFooter(ref at, section))
            return false;
        _place = Place.Top;
        visitor.OnDeviceState(section, device, instance, version, body);
        return true;
    }

    private string? Known(ReadOnlySpan<byte> name)
    {
        foreach (var (bytes, text) in _devices)
            if (name.SequenceEqual(bytes))
                return text;
        return null;
    }

    private bool TryEnd(IStreamVisitor visitor)
    {
        if (_packageEnd >= 0)
            return Fail(StreamFault.Package, "the stream ends inside a package");
        if (_ram.IsStarted && !_ramEnded)
            return Fail(StreamFault.RamNotEnded, "the stream ends before its last section of RAM");
        _place = Place.Ended;
        visitor.OnEnd();
        GoOpaque(OpaqueReason.AfterEnd, "the stream is complete");
        return true;
    }

    private bool TryRecord(ref Cursor at, IStreamVisitor visitor)
    {
        if (!at.UInt64(out var head))
            return false;
        var flags = head & StreamLayout.FlagMask;
        var value = head & ~StreamLayout.FlagMask;
        switch (flags & ~StreamLayout.FlagContinue)
        {
            case StreamLayout.FlagPage or StreamLayout.FlagZero:
                return TryPage(ref at, flags, value, visitor);
            case StreamLayout.FlagEos when flags == StreamLayout.FlagEos && value == 0:
                _place = Place.Footer;
                visitor.OnEndOfRecords();
                return true;
            case StreamLayout.FlagMemSize when flags == StreamLayout.FlagMemSize && _kind == SectionKind.Start:
                return TrySetup(ref at, value, visitor);
            default:
                return GoOpaque(OpaqueReason.RamRecord, $"a record of RAM with flags 0x{flags:x} is not known here");
        }
    }

    private bool TryPage(ref Cursor at, ulong flags, ulong value, IStreamVisitor visitor)
    {
        var block = _block;
        if ((flags & StreamLayout.FlagContinue) == 0)
        {
            if (!at.Name(out var name))
                return false;
            block = _ram.Find(name);
            if (block is null)
                return Fail(StreamFault.UnknownBlock, $"there is no block {Encoding.Latin1.GetString(name)}");
        }
        else if (block is null)
        {
            return Fail(StreamFault.NoBlock, "a page continues a block, and none was named");
        }

        if (value >= (ulong)block.Length)
            return Fail(StreamFault.PageOutside, $"0x{value:x} lies outside {block.Name} of {block.Length} bytes");
        if ((flags & StreamLayout.FlagPage) != 0)
        {
            if (!at.Bytes(Limits.Stream.PageSize, out var data))
                return false;
            _block = block;
            visitor.OnPage(block, (long)value, data);
            return true;
        }

        if (!at.Byte(out var fill))
            return false;
        _block = block;
        visitor.OnZeroPage(block, (long)value, fill);
        return true;
    }

    private bool TrySetup(ref Cursor at, ulong total, IStreamVisitor visitor)
    {
        var (fault, what) = _ram.TryRead(ref at, total);
        if (what is not null)
            return fault == StreamFault.None ? GoOpaque(OpaqueReason.RamLayout, what) : Fail(fault, what);
        if (at.Need > 0)
            return false;
        visitor.OnRamSetup(_ram.Blocks);
        return true;
    }
}
