using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>
/// The page stores of a host, one for each VM. What cannot be used is named and begun anew, and what cannot be begun is
/// named and done without: a store saves bytes and may cost none.
/// </summary>
public sealed class PageStores
{
    private readonly Lock _gate = new();
    private readonly IStoreDisk _disk;

    // Whose store failed; at most as many as this host has VMs.
    private readonly HashSet<string> _distrusted = new(StringComparer.Ordinal);

    /// <summary>Those in a directory.</summary>
    /// <param name="options">Where, how much.</param>
    public PageStores(PageStoreOptions options)
        : this(options, new StoreDirectory(options.Directory))
    {
    }

    internal PageStores(PageStoreOptions options, IStoreDisk disk) => (Options, _disk) = (options, disk);

    /// <summary>As configured.</summary>
    public PageStoreOptions Options { get; }

    /// <summary>What one transfer needs: the store of its VM, opened when the guest's layout is known.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="writer">The attempt, for whoever looks into the store.</param>
    public TransferStore For(VmId vm, string writer) => new(this, vm.Value, writer);

    /// <summary>Takes away what is held of a VM, unless a transfer has it open.</summary>
    public void Remove(VmId vm)
    {
        if (Options.Directory.Length == 0)
            return;
        lock (_gate)
        {
            if (!_disk.Exists(vm.Value))
                return;
            using var held = _disk.TryLock(vm.Value);
            if (held is not null)
                _disk.Remove(vm.Value);
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
            return Options.Directory.Length == 0 ? null
                : IdentityOf(vm) is { } identity
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
        if (Options.Directory.Length == 0)
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
        _disk.Begin(vm);
        if (_disk.TryLock(vm) is not { } held)
            return (null, StoreRefusal.InUse);
        try
        {
            var size = (long)map.Pages * (Limits.Stream.PageSize + PageHash.Size);
            var (identity, why) = Judge(vm, map, checkpoint ? key : default);
            if (identity is null)
            {
                foreach (var file in new[] { "identity", "pages", "hashes", "head" })
                    _disk.Delete(vm, file);
                if (!StoreRoom.TryMake(_disk, Options.QuotaBytes, vm, size))
                {
                    held.Dispose();
                    return (null, StoreRefusal.NoRoom);
                }

                identity = StoreIdentity.New(vm, key, map, writer);
                _disk.Create(vm, "pages", (long)map.Pages * Limits.Stream.PageSize);
                _disk.Create(vm, "hashes", (long)map.Pages * PageHash.Size);
            }
            else
            {
                identity = identity with { Generation = identity.Generation + 1, Writer = writer };
            }

            _disk.Replace(vm, "identity", identity.ToBytes());

            // A checkpoint is only written: whoever reads it looks at its pages then.
            return (new PageStore(_disk, vm, held, identity, map.Pages, check: !checkpoint), why);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>What is there, or why it is of no use.</summary>
    private (StoreIdentity? Identity, StoreRefusal Why) Judge(string vm, RamMap map, ReadOnlySpan<byte> key)
    {
        if (_disk.LengthOf(vm, "identity") < 0)
            return (null, StoreRefusal.New);
        var identity = IdentityOf(vm);
        var why = identity is null ? StoreRefusal.Damaged
            : !string.Equals(identity.Vm, vm, StringComparison.Ordinal) ? StoreRefusal.OtherVm
            : !identity.IsLike(map) ? StoreRefusal.OtherLayout
            : _disk.LengthOf(vm, "pages") != (long)map.Pages * Limits.Stream.PageSize
                || _disk.LengthOf(vm, "hashes") != (long)map.Pages * PageHash.Size ? StoreRefusal.WrongSize
            : !key.IsEmpty && !key.SequenceEqual(identity.Key) ? StoreRefusal.OtherKey
            : StoreRefusal.None;
        return why == StoreRefusal.None ? (identity, why) : (null, why);
    }

    private StoreIdentity? IdentityOf(string vm) =>
        StoreIdentity.TryRead(_disk.ReadUpTo(vm, "identity", Limits.PageStore.IdentityBytesMax));
}
