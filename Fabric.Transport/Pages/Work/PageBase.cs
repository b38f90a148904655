using System.Runtime.InteropServices;
using Fabric.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Content that both hosts have apart from the guest: the files that it was booted from, end to end. What a kernel and
/// its first files left in memory is most of a young guest. Both sides must have the same bytes; a digest tells, and
/// the check of each batch is the judge. The files stay open and are read where a batch needs them: they are not held.
/// </summary>
internal sealed class PageBase : IDisposable
{
    // The digest names files and is no secret.
    private static readonly PageHasher Hasher = new(new byte[Limits.PageWork.KeyBytes]);

    private const int Piece = 64 * 1024;

    private readonly List<Part> _parts;

    private PageBase(List<Part> parts, int length, bool withIndex)
    {
        (_parts, Length) = (parts, length);
        Index = withIndex ? new BaseIndex(length) : null;
        Digest = LookThrough();
    }

    public int Length { get; }

    public PageHash Digest { get; }

    /// <summary>Where content lies; at the source.</summary>
    public BaseIndex? Index { get; }

    /// <summary>Null when there are no such files, when they are too small to help or too large, or no zstd.</summary>
    /// <param name="files">In the order in which both sides put them together.</param>
    /// <param name="withIndex">To look for content in them.</param>
    public static PageBase? TryLoad(IReadOnlyList<string> files, bool withIndex)
    {
        if (files.Count == 0 || ZstdCodec.Missing is not null)
            return null;
        var parts = new List<Part>();
        try
        {
            var length = 0L;
            foreach (var path in files)
            {
                var file = File.OpenHandle(path);
                parts.Add(new Part(file, length));
                length += RandomAccess.GetLength(file);
            }

            if (length is >= Limits.PageWork.BaseBytesMin and <= Limits.PageWork.BaseBytesMax)
                return new PageBase(parts, (int)length, withIndex);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing to be had of them is nothing lost.
        }

        parts.ForEach(part => part.File.Dispose());
        return null;
    }

    /// <summary>Bytes from there on; false when the files cannot be read, or have become shorter.</summary>
    public bool TryRead(int at, Span<byte> into)
    {
        for (var i = _parts.Count - 1; i >= 0 && !into.IsEmpty; i--)
        {
            if (at < _parts[i].From)
                continue;
            var count = Read(_parts[i], at, into);
            if (count == 0)
                return false;
            at += count;
            into = into[count..];

            // What is left is the same file's, or another's behind it.
            i = _parts.Count;
        }

        return into.IsEmpty;
    }

    public void Dispose() => _parts.ForEach(part => part.File.Dispose());

    private PageHash LookThrough()
    {
        // In pieces: the collector waits for each call.
        var hashes = new List<PageHash>();
        var piece = new byte[Piece];
        for (var at = 0; at < Length; at += Piece)
        {
            var bytes = piece.AsSpan(0, Math.Min(Piece, Length - at));
            if (!TryRead(at, bytes))
                throw new IOException("a boot file became shorter while it was read");
            hashes.Add(Hasher.Hash(bytes));
            Index?.Add(at, bytes);
        }

        return PageHash.Of(Hasher.Digest(CollectionsMarshal.AsSpan(hashes)), (ulong)Length);
    }

    private static int Read(Part part, int at, Span<byte> into)
    {
        try
        {
            return RandomAccess.Read(part.File, into, at - part.From);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private readonly record struct Part(SafeFileHandle File, long From);
}
