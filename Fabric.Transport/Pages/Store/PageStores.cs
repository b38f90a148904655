using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>
/// The page stores of a host, one for each VM. What cannot be used is named and begun anew, and what cannot be begun is
/// named and done without: a store saves bytes and may cost none.
/// </summary>
/// <param name="options">Where, how much.</param>
public sealed class PageStores(PageStoreOptions options)
{
    private readonly Lock _gate = new();

    // Whose store failed; at most as many as this host has VMs.
    private readonly HashSet<string> _distrusted = new(StringComparer.Ordinal);

    /// <summary>As configured.</summary>
    public PageStoreOptions Options => options;

    /// <summary>What one transfer needs: the store of its VM, opened when the guest's layout is known.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="writer">The attempt, for whoever looks into the store.</param>
    public TransferStore For(VmId vm, string writer) => new(this, vm.Value, writer);

    /// <summary>Takes away what is held of a VM, unless a transfer has it open.</summary>
    public void Remove(VmId vm)
    {
        if (options.Directory.Length == 0)
            return;
        lock (_gate)
        {
            var directory = PathOf(vm.Value);
            if (!Directory.Exists(directory))
                return;
            using (var held = TryLock(directory))
                if (held is null)
                    return;
                else
                    Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>No store for that VM until this process starts again.</summary>
    internal void Distrust(string vm)
    {
        lock (_gate)
            _distrusted.Add(vm);
    }

    /// <summary>The secret that a VM's hashes here begin with; null when nothing is held.</summary>
    internal byte[]? KeyOf(string vm)
    {
        try
        {
            return options.Directory.Length == 0 ? null
                : StoreIdentity.TryLoad(Path.Combine(PathOf(vm), "identity")) is { } identity
                    && string.Equals(identity.Vm, vm, StringComparison.Ordinal) ? identity.Key : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Opens a store, or begins one.</summary>
    internal (PageStore? Store, StoreRefusal Why) Open(
        string vm, string writer, RamMap map, ReadOnlySpan<byte> key, bool checkpoint)
    {
        if (options.Directory.Length == 0)
            return (null, StoreRefusal.Off);
        try
        {
            lock (_gate)
                return OpenLocked(vm, writer, map, key, checkpoint);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, StoreRefusal.Disk);
        }
    }

    private (PageStore? Store, StoreRefusal Why) OpenLocked(
        string vm, string writer, RamMap map, ReadOnlySpan<byte> key, bool checkpoint)
    {
        if (_distrusted.Contains(vm))
            return (null, StoreRefusal.Disk);
        var directory = PathOf(vm);
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (TryLock(directory) is not { } held)
            return (null, StoreRefusal.InUse);
        try
        {
            var size = (long)map.Pages * (Limits.Stream.PageSize + PageHash.Size);
            var (identity, why) = Judge(directory, vm, map, checkpoint ? key : default);
            if (identity is null)
            {
                Clear(directory);
                if (!StoreRoom.TryMake(options, directory, size, TryLock))
                {
                    held.Dispose();
                    return (null, StoreRefusal.NoRoom);
                }

                identity = StoreIdentity.New(vm, key, map, writer);
                Size(Path.Combine(directory, "pages"), (long)map.Pages * Limits.Stream.PageSize);
                Size(Path.Combine(directory, "hashes"), (long)map.Pages * PageHash.Size);
            }
            else
            {
                identity = identity with { Generation = identity.Generation + 1, Writer = writer };
            }

            identity.Save(Path.Combine(directory, "identity"));

            // A checkpoint is only written: whoever reads it looks at its pages then.
            return (new PageStore(directory, held, identity, map.Pages, check: !checkpoint), why);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>What is there, or why it is of no use.</summary>
    private static (StoreIdentity? Identity, StoreRefusal Why) Judge(
        string directory, string vm, RamMap map, ReadOnlySpan<byte> key)
    {
        var path = Path.Combine(directory, "identity");
        if (!File.Exists(path))
            return (null, StoreRefusal.New);
        var identity = StoreIdentity.TryLoad(path);
        var why = identity is null ? StoreRefusal.Damaged
            : !string.Equals(identity.Vm, vm, StringComparison.Ordinal) ? StoreRefusal.OtherVm
            : !identity.IsLike(map) ? StoreRefusal.OtherLayout
            : LengthOf(directory, "pages") != (long)map.Pages * Limits.Stream.PageSize
                || LengthOf(directory, "hashes") != (long)map.Pages * PageHash.Size ? StoreRefusal.WrongSize
            : !key.IsEmpty && !key.SequenceEqual(identity.Key) ? StoreRefusal.OtherKey
            : StoreRefusal.None;
        return why == StoreRefusal.None ? (identity, why) : (null, why);
    }

    private static FileStream? TryLock(string directory)
    {
        try
        {
            return new FileStream(
                Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Clear(string directory)
    {
        foreach (var name in new[] { "identity", "pages", "hashes", "head" })
            File.Delete(Path.Combine(directory, name));
    }

    private static void Size(string path, long length)
    {
        using var file = DurableFile.Create(path);
        file.SetLength(length);
    }

    private static long LengthOf(string directory, string name) =>
        new FileInfo(Path.Combine(directory, name)) is { Exists: true } file ? file.Length : -1;

    private string PathOf(string vm) => Path.Combine(options.Directory, vm);
}
