using Microsoft.Win32.SafeHandles;

namespace Fabric.Transport.Pages.Store;

/// <summary>Page stores under one directory of a real disk.</summary>
internal sealed class StoreDirectory(string root) : IStoreDisk
{
    public long FreeBytes => new DriveInfo(root).AvailableFreeSpace;

    public IReadOnlyList<(string Store, long Bytes, DateTime Written)> List() =>
    [
        .. new DirectoryInfo(root).GetDirectories().Select(
            store => (store.Name, store.GetFiles().Sum(file => file.Length), WrittenAt(store))),
    ];

    public bool Exists(string store) => Directory.Exists(PathOf(store));

    public void Begin(string store) => Directory.CreateDirectory(
        PathOf(store), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    public IDisposable? TryLock(string store)
    {
        try
        {
            return new FileStream(
                PathOf(store, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Remove(string store) => Directory.Delete(PathOf(store), recursive: true);

    public long LengthOf(string store, string file) =>
        new FileInfo(PathOf(store, file)) is { Exists: true } found ? found.Length : -1;

    public byte[]? ReadUpTo(string store, string file, int most) => DurableFile.ReadUpTo(PathOf(store, file), most);

    public void Replace(string store, string file, ReadOnlySpan<byte> bytes) =>
        DurableFile.Replace(PathOf(store, file), bytes);

    public void Create(string store, string file, long length)
    {
        using var created = DurableFile.Create(PathOf(store, file));
        created.SetLength(length);
    }

    public void Delete(string store, string file) => File.Delete(PathOf(store, file));

    public IStoreFile Open(string store, string file) => new OpenFile(File.OpenHandle(
        PathOf(store, file), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));

    private static DateTime WrittenAt(DirectoryInfo store) =>
        store.GetFiles("identity") is [var identity] ? identity.LastWriteTimeUtc : DateTime.MinValue;

    private string PathOf(string store) => Path.Combine(root, store);

    private string PathOf(string store, string file) => Path.Combine(root, store, file);

    private sealed class OpenFile(SafeFileHandle handle) : IStoreFile
    {
        public void Read(Span<byte> into, long at)
        {
            while (!into.IsEmpty)
            {
                var count = RandomAccess.Read(handle, into, at);
                if (count == 0)
                    throw new IOException("a file of the page store is shorter than it was");
                into = into[count..];
                at += count;
            }
        }

        public void Write(ReadOnlySpan<byte> bytes, long at) => RandomAccess.Write(handle, bytes, at);

        public void Dispose() => handle.Dispose();
    }
}
