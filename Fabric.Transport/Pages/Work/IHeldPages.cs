namespace Fabric.Transport.Pages.Work;

/// <summary>
/// The pages that a target holds, apart from its hypervisor. A page's hash may be known and its bytes damaged: who reads
/// compares them.
/// </summary>
internal interface IHeldPages
{
    /// <summary>What the hashes begin with.</summary>
    ReadOnlyMemory<byte> Key { get; }

    /// <summary>What is held, a hash for each page.</summary>
    ReadOnlySpan<PageHash> Hashes { get; }

    /// <summary>Pages that follow each other, and their hashes.</summary>
    void Put(int first, ReadOnlySpan<byte> pages, ReadOnlySpan<PageHash> hashes);

    /// <summary>Pages of zeros, or that are not held any more.</summary>
    void PutMark(int first, int count, in PageHash mark);

    /// <summary>Pages that follow each other; those that are missing or zero may be anything.</summary>
    void Read(int first, Span<byte> pages);

    /// <summary>The beginning of QEMU's stream, up to the first page.</summary>
    void PutHead(ReadOnlySpan<byte> head);
}

/// <summary>Opens what a source writes down; null when it writes nothing down. The key is the session's.</summary>
internal delegate IHeldPages? OpenCheckpoint(RamMap map, ReadOnlyMemory<byte> key);

/// <summary>Opens what is held of a guest.</summary>
internal interface IPageHolder
{
    /// <summary>Null when nothing can be held; a target then works without.</summary>
    /// <param name="map">The guest's memory.</param>
    /// <param name="key">The source's; taken when nothing is held yet.</param>
    IHeldPages? Open(RamMap map, ReadOnlyMemory<byte> key);
}
