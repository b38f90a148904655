using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Content that both hosts have apart from the guest: the files that it was booted from. What a kernel and its first
/// files left in memory is most of a young guest, and packs to a tenth with them as the dictionary. Both sides must have
/// the same bytes; a digest tells, and the check of each batch is the judge.
/// </summary>
internal sealed unsafe class PageBase : IDisposable
{
    // The digest names files and is no secret.
    private static readonly PageHasher Hasher = new(new byte[Limits.PageWork.KeyBytes]);

    private const int Piece = 64 * 1024;

    private byte* _bytes;

    private PageBase(byte* bytes, int length)
    {
        _bytes = bytes;
        Length = length;
        Digest = DigestOf(new ReadOnlySpan<byte>(bytes, length));
    }

    public int Length { get; }

    public PageHash Digest { get; }

    public byte* Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_bytes is null, this);
            return _bytes;
        }
    }

    /// <summary>Null when there are no such files, when they are too small to help or too large, or no zstd.</summary>
    public static PageBase? TryLoad(IReadOnlyList<string> files)
    {
        try
        {
            var length = files.Sum(file => new FileInfo(file).Length);
            if (files.Count == 0 || length is < Limits.PageWork.BaseBytesMin or > Limits.PageWork.BaseBytesMax
                || ZstdCodec.Missing is not null)
                return null;
            return Load(files, (int)length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
    }

    private static PageHash DigestOf(ReadOnlySpan<byte> bytes)
    {
        // In pieces: the collector waits for each call.
        var hashes = new List<PageHash>();
        for (var left = bytes; !left.IsEmpty; left = left[Math.Min(Piece, left.Length)..])
            hashes.Add(Hasher.Hash(left[..Math.Min(Piece, left.Length)]));
        return PageHash.Of(Hasher.Digest(CollectionsMarshal.AsSpan(hashes)), (ulong)bytes.Length);
    }

    private static PageBase? Load(IReadOnlyList<string> files, int length)
    {
        var bytes = (byte*)NativeMemory.Alloc((nuint)length);
        var left = new Span<byte>(bytes, length);
        try
        {
            foreach (var path in files)
            {
                using var file = File.OpenHandle(path);
                int count;
                for (var at = 0L; (count = RandomAccess.Read(file, left, at)) > 0; at += count)
                    left = left[count..];
            }

            // A file that became shorter meanwhile is no base.
            if (left.IsEmpty)
                return new PageBase(bytes, length);
        }
        catch
        {
            NativeMemory.Free(bytes);
            throw;
        }

        NativeMemory.Free(bytes);
        return null;
    }
}
