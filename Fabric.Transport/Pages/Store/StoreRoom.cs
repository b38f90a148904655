namespace Fabric.Transport.Pages.Store;

/// <summary>Keeps a host's stores within their quota: the one that nobody wrote to for longest goes first.</summary>
internal static class StoreRoom
{
    /// <summary>False when the quota or the disk has no room even so.</summary>
    public static bool TryMake(IStoreDisk disk, long quota, string own, long size)
    {
        if (size > quota)
            return false;
        var others = disk.List().Where(other => !string.Equals(other.Store, own, StringComparison.Ordinal))
            .OrderBy(other => other.Written).ToList();
        var total = others.Sum(other => other.Bytes) + size;
        foreach (var (store, bytes, _) in others)
        {
            if (total <= quota && others.Count < Protocol.Limits.PageStore.StoresMax)
                break;
            using var held = disk.TryLock(store);
            if (held is null)
                continue;
            disk.Remove(store);
            total -= bytes;
        }

        return total <= quota && disk.FreeBytes > size;
    }
}
