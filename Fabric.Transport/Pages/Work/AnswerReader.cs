using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Reads a target's answer from the beginning of the return path, however it arrives. What follows it is QEMU's.
/// </summary>
internal sealed class AnswerReader
{
    private readonly byte[] _held = new byte[4 + ManifestWriter.ChunkMax + 8];
    private readonly int _pages;
    private int _length;
    private int _need = TargetAnswer.Size;
    private TargetAnswer _answer;
    private PageHasher? _hasher;
    private int _next;

    /// <param name="pages">Pages of the guest; 0 while they are not known: a manifest is refused.</param>
    public AnswerReader(int pages) => _pages = pages;

    /// <summary>The head; valid when complete.</summary>
    public TargetAnswer Answer => _answer;

    /// <summary>What the target holds, a hash for each page; empty when nothing.</summary>
    public PageHash[] Table { get; private set; } = [];

    public bool IsComplete { get; private set; }

    /// <summary>Takes bytes; what is left of them when the answer is complete is QEMU's.</summary>
    /// <exception cref="PageWorkException">It cannot be read.</exception>
    public void Read(ref ReadOnlySpan<byte> bytes)
    {
        while (!IsComplete && !bytes.IsEmpty)
        {
            var taken = Math.Min(_need - _length, bytes.Length);
            bytes[..taken].CopyTo(_held.AsSpan(_length));
            _length += taken;
            bytes = bytes[taken..];
            if (_length == _need)
                Step();
        }
    }

    private void Step()
    {
        if (_hasher is null)
            Head();
        else if (_length == 4)
            _need = 4 + ChunkLength() + 8;
        else
            Chunk();
    }

    private void Head()
    {
        _answer = TargetAnswer.Read(_held.AsSpan(0, TargetAnswer.Size));
        _hasher = new PageHasher(_answer.Key);
        IsComplete = _answer.Mode != TargetMode.Holds;
        if (!IsComplete)
        {
            if (_answer.Pages != _pages)
                throw Bad($"it is of {_answer.Pages} pages, and the guest has {_pages}");
            Table = new PageHash[_pages];
        }

        (_length, _need) = (0, 4);
    }

    private int ChunkLength()
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(_held);
        return length is >= 0 and <= ManifestWriter.ChunkMax ? length : throw Bad($"a chunk has {length} bytes");
    }

    private void Chunk()
    {
        ReadOnlySpan<byte> chunk = _held.AsSpan(4, _length - 12);
        var check = BinaryPrimitives.ReadUInt64LittleEndian(_held.AsSpan(_length - 8));
        if (check != _hasher!.Check(_held.AsSpan(0, 4), chunk, default))
            throw Bad("a chunk was damaged on its way");
        IsComplete = chunk.IsEmpty;
        if (IsComplete && _next != _pages)
            throw Bad($"it ends after {_next} of {_pages} pages");
        while (!chunk.IsEmpty)
            Run(ref chunk);
        (_length, _need) = (0, 4);
    }

    private void Run(ref ReadOnlySpan<byte> chunk)
    {
        var kind = (ManifestRun)chunk[0];
        chunk = chunk[1..];
        if (!Varint.TryRead(ref chunk, out var count) || count == 0 || count > _pages - _next)
            throw Bad($"a run goes beyond the last page, {_pages}");
        var run = Table.AsSpan(_next, (int)count);
        _next += (int)count;
        switch (kind)
        {
            case ManifestRun.Missing:
                return;
            case ManifestRun.Zero:
                run.Fill(PageHash.Zero);
                return;
            case ManifestRun.Hashes when chunk.Length >= run.Length * PageHash.Size:
                chunk[..(run.Length * PageHash.Size)].CopyTo(MemoryMarshal.AsBytes(run));
                chunk = chunk[(run.Length * PageHash.Size)..];
                return;
            case ManifestRun.ShortHashes
                when _answer.Version > 1 && chunk.Length >= run.Length * Limits.PageWork.ShortHashBytes:
                foreach (ref var page in run)
                    page = Short(ref chunk);
                return;
            default:
                throw Bad($"a run of kind {(byte)kind} is not known, or cut");
        }
    }

    private static PageHash Short(ref ReadOnlySpan<byte> chunk)
    {
        Span<byte> bits = stackalloc byte[sizeof(ulong)];
        bits.Clear();
        chunk[..Limits.PageWork.ShortHashBytes].CopyTo(bits);
        chunk = chunk[Limits.PageWork.ShortHashBytes..];
        return PageHash.Short(BinaryPrimitives.ReadUInt64LittleEndian(bits));
    }

    private static PageWorkException Bad(string what) => new(PageWorkFault.Answer, $"the target's manifest: {what}");
}
