using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Tests.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Store;

/// <summary>A host's page stores in a directory of their own.</summary>
internal sealed class StoreRig : IDisposable
{
    public static readonly VmId Vm = new("vm-1");

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("fps");

    public StoreRig(bool keep = true, long quota = 1L << 40) => Stores =
        new PageStores(new PageStoreOptions { Directory = _root.FullName, QuotaBytes = quota, Keep = keep });

    public PageStores Stores { get; }

    public string Root => _root.FullName;

    public string File(string name, string vm = "vm-1") => Path.Combine(Root, vm, name);

    /// <summary>One migration of a stream to this host; the pair's figures and the store's.</summary>
    public (long Wire, TransferStore Store, byte[] Output) Move(byte[] stream, VmId? vm = null, PageStores? from = null)
    {
        var store = Stores.For(vm ?? Vm, "m-1/1");
        var checkpoint = from?.For(vm ?? Vm, "m-1/1");
        using var pair = new WorkPair(
            new PageWorkOptions { Level = 2 }, holder: store, key: checkpoint?.KeyToPropose(),
            checkpoint: checkpoint is null ? null : (map, key) => checkpoint.OpenCheckpoint(map, key));
        var output = pair.Run(stream, 50_000);
        GuestImage.Of(output).ShouldBeLike(GuestImage.Of(stream));
        return (pair.Wire, store, output);
    }

    /// <summary>Opens as a target would.</summary>
    public (PageStore? Store, StoreRefusal Why) Open(RamMap map, string vm = "vm-1") =>
        Stores.Open(vm, "m-1/1", map, PageHasher.NewKey(), checkpoint: false);

    public void Dispose() => _root.Delete(recursive: true);
}
