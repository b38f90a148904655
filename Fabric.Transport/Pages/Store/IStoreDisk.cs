namespace Fabric.Transport.Pages.Store;

/// <summary>
/// Where page stores lie: a directory of files for each. Apart from what decides about them, so that a simulation can
/// tear, flip, fill and swap what is in it. Every member may throw <see cref="IOException"/>.
/// </summary>
internal interface IStoreDisk
{
    /// <summary>Bytes that nobody uses.</summary>
    long FreeBytes { get; }

    /// <summary>All of them: what their files say they have, and when they were last opened.</summary>
    IReadOnlyList<(string Store, long Bytes, DateTime Written)> List();

    /// <summary>Whether there is any.</summary>
    bool Exists(string store);

    /// <summary>Makes an empty one, for this user alone, unless it is there.</summary>
    void Begin(string store);

    /// <summary>Held until it is disposed, or its process dies; null when another one holds it.</summary>
    IDisposable? TryLock(string store);

    /// <summary>All of it.</summary>
    void Remove(string store);

    /// <summary>-1 when it is not there.</summary>
    long LengthOf(string store, string file);

    /// <summary>Null when it is not there, or longer.</summary>
    byte[]? ReadUpTo(string store, string file, int most);

    /// <summary>A small file: it is there whole or as before, whatever happens.</summary>
    void Replace(string store, string file, ReadOnlySpan<byte> bytes);

    /// <summary>A file of zeros in the place of what was there.</summary>
    void Create(string store, string file, long length);

    /// <summary>Nothing happens when it is not there.</summary>
    void Delete(string store, string file);

    /// <summary>To read and write, anywhere; nothing is flushed and no order is kept.</summary>
    IStoreFile Open(string store, string file);
}

/// <summary>An open file of a page store.</summary>
internal interface IStoreFile : IDisposable
{
    /// <summary>Fills it all.</summary>
    /// <exception cref="IOException">It is shorter, or the disk fails.</exception>
    void Read(Span<byte> into, long at);

    /// <summary>Writes all of it.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    void Write(ReadOnlySpan<byte> bytes, long at);
}
