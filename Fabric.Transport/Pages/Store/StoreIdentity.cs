using System.Security.Cryptography;
using System.Text;
using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>
/// What a store is of: the VM, the layout of its memory, the secret of its hashes, and who wrote it last. It is written
/// beside and renamed, so that it is there whole or not at all.
/// </summary>
internal sealed record StoreIdentity(
    string Vm, byte[] Key, IReadOnlyList<(string Name, long Length)> Layout, long Generation, string Writer)
{
    private const int SumBytes = 32;

    private static readonly byte[] Magic = "FPS1"u8.ToArray();

    public static StoreIdentity New(string vm, ReadOnlySpan<byte> key, RamMap map, string writer) =>
        new(vm, key.ToArray(), LayoutOf(map), 1, writer);

    public bool IsLike(RamMap map) => Layout.SequenceEqual(LayoutOf(map));

    /// <summary>As it is written.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var to = new BinaryWriter(bytes, Encoding.UTF8, leaveOpen: true))
        {
            to.Write(Magic);
            to.Write(Vm);
            to.Write(Generation);
            to.Write(Writer);
            to.Write(Key);
            to.Write(Layout.Count);
            foreach (var (name, length) in Layout)
            {
                to.Write(name);
                to.Write(length);
            }
        }

        bytes.Write(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
        return bytes.ToArray();
    }

    /// <summary>Null when it is not whole.</summary>
    public static StoreIdentity? TryRead(byte[]? bytes)
    {
        if (bytes is null || bytes.Length < Magic.Length + SumBytes || !bytes.AsSpan().StartsWith(Magic))
            return null;
        var body = bytes.AsSpan(0, bytes.Length - SumBytes);
        if (!SHA256.HashData(body).AsSpan().SequenceEqual(bytes.AsSpan(body.Length)))
            return null;
        using var from = new BinaryReader(new MemoryStream(bytes, Magic.Length, body.Length - Magic.Length));
        var vm = from.ReadString();
        var generation = from.ReadInt64();
        var writer = from.ReadString();
        var key = from.ReadBytes(Limits.PageWork.KeyBytes);
        var layout = new (string, long)[from.ReadInt32()];
        for (var i = 0; i < layout.Length; i++)
            layout[i] = (from.ReadString(), from.ReadInt64());
        return new StoreIdentity(vm, key, layout, generation, writer);
    }

    private static (string Name, long Length)[] LayoutOf(RamMap map) =>
        [.. map.Blocks.Select(block => (block.Name, block.Length))];
}
