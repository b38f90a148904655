namespace Fabric.Transport.Pages.Store;

/// <summary>Keeps a host's stores within their quota: the one that nobody wrote to for longest goes first.</summary>
internal static class StoreRoom
{
    /// <summary>False when the quota or the disk has no room even so.</summary>
    public static bool TryMake(
        PageStoreOptions options, string own, long size, Func<string, FileStream?> tryLock)
    {
        if (size > options.QuotaBytes)
            return false;
        var others = new DirectoryInfo(options.Directory).GetDirectories()
            .Where(other => !string.Equals(other.FullName, Path.GetFullPath(own), StringComparison.Ordinal))
            .Select(other => (Directory: other, Bytes: BytesOf(other), Written: WrittenAt(other)))
            .OrderBy(other => other.Written)
            .ToList();
        var total = others.Sum(other => other.Bytes) + size;
        foreach (var (directory, bytes, _) in others)
        {
            if (total <= options.QuotaBytes && others.Count < Protocol.Limits.PageStore.StoresMax)
                break;
            using var held = tryLock(directory.FullName);
            if (held is null)
                continue;
            directory.Delete(recursive: true);
            total -= bytes;
        }

        return total <= options.QuotaBytes && new DriveInfo(options.Directory).AvailableFreeSpace > size;
    }

    private static long BytesOf(DirectoryInfo store) => store.GetFiles().Sum(file => file.Length);

    private static DateTime WrittenAt(DirectoryInfo store) =>
        store.GetFiles("identity") is [var identity] ? identity.LastWriteTimeUtc : DateTime.MinValue;
}
