using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>
/// A stream for a fresh hypervisor from what is held: the source's own head, and one section of RAM with the pages. It
/// ends where the live stream goes on: at a section's boundary, or within a section, of which this one is then the
/// beginning. The block of the last page is the live stream's, so that records which continue it are right.
/// </summary>
internal sealed class RefillStream : IStreamVisitor
{
    private readonly QemuStreamReader _reader = new();
    private readonly PageHasher _hasher;
    private readonly IHeldPages _held;
    private readonly IByteSink _to;
    private readonly Scratch _bytes = new(Limits.PageWork.BatchBytesMax);
    private readonly QemuStreamWriter _writer;
    private readonly byte[] _pages = new byte[Limits.PageWork.BatchBytesMax];
    private RamMap? _map;
    private uint _section;
    private long _boundary;

    private RefillStream(IHeldPages held, IByteSink to)
    {
        (_held, _to) = (held, to);
        _hasher = new PageHasher(held.Key.Span);
        _writer = new QemuStreamWriter(_bytes);
    }

    /// <summary>
    /// Writes it; false when the head does not tell the guest's memory, or a page that the point asks for is not held,
    /// and then nothing was written. A page that is damaged ends it.
    /// </summary>
    /// <exception cref="PageWorkException">A page does not fit its hash, or cannot be read.</exception>
    public static bool TryWrite(ReadOnlySpan<byte> head, IHeldPages held, scoped in RefillPoint point, IByteSink to)
    {
        var stream = new RefillStream(held, to);
        stream._reader.Read(head, stream);
        if (stream._map is not { } map || stream._boundary == 0 || map.Pages != held.Hashes.Length)
            return false;
        for (var page = 0; point.IsStrict && page < map.Pages; page++)
            if (point.Wants(page) && held.Hashes[page].IsMissing)
                return false;
        to.Write(head[..(int)stream._boundary]);
        stream.Pages(map, point);
        return true;
    }

    void IStreamVisitor.OnRamSetup(IReadOnlyList<RamBlock> blocks) => _map = RamMap.TryOf(blocks);

    // A construct is reported before the reader counts it. Behind the first section only RAM's next ones were read.
    void IStreamVisitor.OnRamSection(SectionKind kind, uint section) =>
        (_section, _boundary) = (section, kind == SectionKind.Start ? 0 : _reader.Position);

    void IStreamVisitor.OnFooter(uint section) => _boundary = _reader.Position + FooterBytes;

    void IStreamVisitor.OnCommand(VmCommand command, ReadOnlySpan<byte> payload)
    {
        if (_boundary > 0)
            _boundary = _reader.Position + CommandHeadBytes + payload.Length;
    }

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
    }

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill)
    {
    }

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
    }

    private const int FooterBytes = 5;
    private const int CommandHeadBytes = 5;

    private void Pages(RamMap map, scoped in RefillPoint point)
    {
        _writer.RamSection(SectionKind.Part, _section);
        var last = point.Last?.Index ?? map.Blocks.Count - 1;
        for (var i = 0; i < map.Blocks.Count; i++)
            if (i != last)
                Block(map, map.Blocks[i], point);
        if (map.Blocks.Count > 0)
            Block(map, map.Blocks[last], point);
        if (point.At.Place != StreamPlace.InRecords)
            _writer.EndOfRecords();
        if (point.At.Place is not (StreamPlace.InRecords or StreamPlace.BeforeFooter))
            _writer.Footer(_section);
        _writer.Opaque(point.Begun);
        Flush();
    }

    private void Block(RamMap map, RamBlock block, scoped in RefillPoint point)
    {
        var first = map.NumberOf(block, 0);
        var end = first + (int)(block.Length / Limits.Stream.PageSize);
        for (var page = first; page < end;)
        {
            var run = RunFrom(page, end, point);
            if (run > 0)
            {
                Run(map, page, run);
                page += run;
                continue;
            }

            if (point.Wants(page) && _held.Hashes[page].IsZero)
                _writer.ZeroPage(block, map.At(page).Offset);
            page++;
            MayFlush();
        }
    }

    /// <summary>Pages from here on that can be read in one piece.</summary>
    private int RunFrom(int page, int end, scoped in RefillPoint point)
    {
        var run = 0;
        end = Math.Min(end, page + Limits.PageWork.BatchPagesMax);
        while (page + run < end && point.Wants(page + run)
            && _held.Hashes[page + run] is { IsMissing: false, IsZero: false })
            run++;
        return run;
    }

    private void Run(RamMap map, int first, int count)
    {
        _held.Read(first, _pages.AsSpan(0, count * Limits.Stream.PageSize));
        for (var i = 0; i < count; i++)
        {
            var data = _pages.AsSpan(i * Limits.Stream.PageSize, Limits.Stream.PageSize);
            var (block, offset) = map.At(first + i);
            if (_hasher.Hash(data) != _held.Hashes[first + i])
                throw new PageWorkException(
                    PageWorkFault.WrongPage, $"page 0x{offset:x} of {block.Name} is damaged in the page store");
            _writer.Page(block, offset, data);
            MayFlush();
        }
    }

    private void MayFlush()
    {
        if (_bytes.Length > Limits.PageWork.BatchBytesMax - (2 * Limits.Stream.PageSize))
            Flush();
    }

    private void Flush()
    {
        _to.Write(_bytes.Written);
        _bytes.Clear();
    }
}
