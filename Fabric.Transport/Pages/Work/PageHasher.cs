using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Hashes of one VM's pages. The guest writes its pages and could look for two with one hash, so the hash begins with a
/// secret that the guest does not know: drawn once for each VM, kept with its page store, told to the peer over TLS.
/// </summary>
internal sealed class PageHasher
{
    // XXH3 wants at least 136 bytes of noise; what it was made and measured with is 192.
    private readonly byte[] _secret = new byte[192];

    public PageHasher(ReadOnlySpan<byte> key)
    {
        if (key.Length != Limits.PageWork.KeyBytes)
            throw new ArgumentException($"a key has {Limits.PageWork.KeyBytes} bytes", nameof(key));
        if (XxHash.Missing is { } missing)
            throw new PageWorkException(PageWorkFault.NoLibrary, missing);
        Key = key.ToArray();
        HKDF.Expand(HashAlgorithmName.SHA256, key, _secret, "fabric page hash"u8);
    }

    /// <summary>What it was made from.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>A new VM's.</summary>
    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(Limits.PageWork.KeyBytes);

    public PageHash Hash(ReadOnlySpan<byte> page)
    {
        var hash = XxHash.Hash128(page, _secret);
        return PageHash.Of(hash.Low, hash.High);
    }

    /// <summary>One number for many hashes.</summary>
    public ulong Digest(ReadOnlySpan<PageHash> hashes) => XxHash.Hash64(MemoryMarshal.AsBytes(hashes), _secret);

    /// <summary>The check of a batch: its head and all its bytes.</summary>
    public ulong Check(ReadOnlySpan<byte> head, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> raw)
    {
        Span<byte> sum = stackalloc byte[64];
        head.CopyTo(sum);
        BinaryPrimitives.WriteUInt64LittleEndian(sum[head.Length..], XxHash.Hash64(plain, _secret));
        BinaryPrimitives.WriteUInt64LittleEndian(sum[(head.Length + 8)..], XxHash.Hash64(raw, _secret));
        return XxHash.Hash64(sum[..(head.Length + 16)], _secret);
    }
}
