using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Pages.Store;

/// <summary>The page store in one transfer.</summary>
public sealed class TransferStore : IPageHolder
{
    private readonly PageStores _stores;
    private readonly string _vm;
    private readonly string _writer;

    internal TransferStore(PageStores stores, string vm, string writer) =>
        (_stores, _vm, _writer) = (stores, vm, writer);

    /// <summary>The VM's.</summary>
    public string Name => _vm;

    /// <summary>Why it is not used, or what was in it is not; null before the guest's layout was known.</summary>
    public StoreRefusal? Why { get; private set; }

    /// <summary>Pages that were held when it was opened.</summary>
    public int HeldAtFirst { get; private set; }

    /// <summary>Pages that were damaged when it was opened, and count as missing.</summary>
    public int Damaged { get; private set; }

    /// <summary>A source writes what it sends, to be held here when the VM comes back.</summary>
    public bool WritesCheckpoint => _stores.Options.Keep && _stores.Options.Directory.Length > 0;

    /// <summary>Its disk failed under a transfer: the next one does without, so that it does not fail again.</summary>
    internal void Failed() => _stores.Distrust(_vm);

    /// <summary>
    /// A migration went well: what is held is taken away, unless it is to be kept, or is open still. What cannot be taken
    /// away is taken by the quota one day.
    /// </summary>
    public void Succeeded()
    {
        try
        {
            if (!_stores.Options.Keep)
                _stores.Remove(new VmId(_vm));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A store may cost nothing, also at its end.
        }
    }

    IHeldPages? IPageHolder.Open(RamMap map, ReadOnlyMemory<byte> key) => Open(map, key, checkpoint: false);

    /// <summary>The secret to propose to the target.</summary>
    internal byte[] KeyToPropose() =>
        (WritesCheckpoint ? _stores.KeyOf(_vm) : null) ?? PageHasher.NewKey();

    /// <summary>A source's: null unless it is to be kept.</summary>
    internal PageStore? OpenCheckpoint(RamMap map, ReadOnlyMemory<byte> key) =>
        WritesCheckpoint ? Open(map, key, checkpoint: true) : null;

    private PageStore? Open(RamMap map, ReadOnlyMemory<byte> key, bool checkpoint)
    {
        var (store, why) = _stores.Open(_vm, _writer, map, key.Span, checkpoint);
        Why = why;
        HeldAtFirst = store?.Held ?? 0;
        Damaged = store?.Damaged ?? 0;
        return store;
    }
}
