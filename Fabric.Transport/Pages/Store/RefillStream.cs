using System.Buffers;
using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>
/// A stream for a fresh hypervisor from what is held: the source's own head, and one section of RAM with every page that
/// is held. The live stream goes on behind it at a section's boundary.
/// </summary>
internal sealed class RefillStream : IStreamVisitor
{
    private readonly QemuStreamReader _reader = new();
    private RamMap? _map;
    private uint _section;
    private long _boundary;

    private RefillStream()
    {
    }

    /// <summary>
    /// Writes it; false when the head does not tell the guest's memory. A page that is not held is not in it, and one
    /// that is damaged ends it.
    /// </summary>
    /// <exception cref="PageWorkException">A page does not fit its hash.</exception>
    public static bool TryWrite(ReadOnlySpan<byte> head, IHeldPages held, IByteSink to)
    {
        var stream = new RefillStream();
        stream._reader.Read(head, stream);
        if (stream._map is not { } map || stream._boundary == 0 || map.Pages != held.Hashes.Length)
            return false;
        to.Write(head[..(int)stream._boundary]);
        stream.Pages(map, held, to);
        return true;
    }

    void IStreamVisitor.OnRamSetup(IReadOnlyList<RamBlock> blocks) => _map = RamMap.TryOf(blocks);

    void IStreamVisitor.OnRamSection(SectionKind kind, uint section) => _section = section;

    void IStreamVisitor.OnFooter(uint section) => _boundary = _reader.Position + FooterBytes;

    void IStreamVisitor.OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
    }

    void IStreamVisitor.OnZeroPage(RamBlock block, long offset, byte fill)
    {
    }

    void IStreamVisitor.OnOpaque(ReadOnlySpan<byte> bytes)
    {
    }

    // A construct is reported before the reader counts it.
    private const int FooterBytes = 5;

    private void Pages(RamMap map, IHeldPages held, IByteSink to)
    {
        var hasher = new PageHasher(held.Key.Span);
        var bytes = new Scratch(Limits.PageWork.BatchBytesMax);
        var writer = new QemuStreamWriter(bytes);
        var page = ArrayPool<byte>.Shared.Rent(Limits.Stream.PageSize);
        var data = page.AsSpan(0, Limits.Stream.PageSize);
        writer.RamSection(SectionKind.Part, _section);
        for (var i = 0; i < map.Pages; i++)
        {
            var hash = held.Hashes[i];
            var (block, offset) = map.At(i);
            if (hash.IsMissing)
                continue;
            if (hash.IsZero)
            {
                writer.ZeroPage(block, offset);
            }
            else
            {
                held.Read(i, data);
                if (hasher.Hash(data) != hash)
                    throw new PageWorkException(
                        PageWorkFault.WrongPage, $"page 0x{offset:x} of {block.Name} is damaged in the page store");
                writer.Page(block, offset, data);
            }

            if (bytes.Length > Limits.PageWork.BatchBytesMax - (2 * Limits.Stream.PageSize))
                Flush();
        }

        writer.EndOfRecords();
        writer.Footer(_section);
        Flush();
        ArrayPool<byte>.Shared.Return(page);

        void Flush()
        {
            to.Write(bytes.Written);
            bytes.Clear();
        }
    }
}
