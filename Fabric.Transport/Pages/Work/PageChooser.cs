using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Decides what is sent in the place of a page, the cheapest first: zeros, held in this version, like another one that
/// is held, what changed in it, and at last its bytes. It remembers for each page the hash of what the target has, and
/// for as many as fit the version itself.
/// </summary>
internal sealed class PageChooser(BatchSender sender) : IDisposable
{
    private readonly byte[] _patch = new byte[Limits.Stream.PageSize + (2 * Varint.BytesMax)];
    private readonly long[] _counts = new long[(int)WorkItem.Patch + 1];
    private readonly DeltaSize _size = new();
    private RamMap? _map;
    private PageHasher? _hasher;
    private PageHash[] _table = [];
    private ContentIndex? _index;
    private DeltaCache? _cache;
    private Checkpoint? _checkpoint;
    private PageKinds _kinds;
    private bool _holds;
    private RamBlock? _lastBlock;

    /// <summary>The target has answered.</summary>
    public void Begin(PageWorkOptions options, RamMap map, AnswerReader answer, Checkpoint? checkpoint)
    {
        _checkpoint = checkpoint;
        _map = map;
        _holds = answer.Answer.Mode == TargetMode.Holds;
        _kinds = _holds ? options.Kinds : options.Kinds & ~(PageKinds.Reference | PageKinds.Delta);
        _hasher = new PageHasher(answer.Answer.Key);
        _table = answer.Table.Length > 0 ? answer.Table : new PageHash[map.Pages];
        if (May(PageKinds.Reference))
            _index = IndexOf(_table);
        if (May(PageKinds.Delta))
            _cache = new DeltaCache(map.Pages, options.DeltaCacheBytes);
        var level = May(PageKinds.Compress) ? options.Level : 0;
        sender.Agree(_hasher, _table, answer.Answer.Codecs, level);
    }

    public PageWorkCounts Counts(long bytesIn) => new(
        Count(WorkItem.Fill), Count(WorkItem.Same), Count(WorkItem.Reference), Count(WorkItem.Patch),
        Count(WorkItem.Plain), Count(WorkItem.Raw), bytesIn, sender.BytesOut, sender.Level);

    /// <summary>A page of one byte repeated.</summary>
    public void Fill(RamBlock block, long offset, byte value)
    {
        var page = _map!.NumberOf(block, offset);
        Prepare();
        sender.Batch.Fill(page, value);
        Sent(WorkItem.Fill, block);

        // Other bytes than zero are too rare to be held.
        _table[page] = value == 0 ? PageHash.Zero : PageHash.Missing;
        _checkpoint?.Mark(page, _table[page]);
    }

    /// <summary>A page.</summary>
    public void Page(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        if (May(PageKinds.Zero) && !data.ContainsAnyExcept((byte)0))
        {
            Fill(block, offset, 0);
            return;
        }

        var page = _map!.NumberOf(block, offset);
        var hash = _hasher!.Hash(data);
        _checkpoint?.Page(page, data, hash);
        Prepare();
        if (May(PageKinds.Unchanged) && _table[page].Matches(hash) && MayBeSkipped(block))
        {
            if (_table[page].IsShort)
                Confirm(page, hash);
            sender.Batch.Same(page);
            Sent(WorkItem.Same, block);
            return;
        }

        var mayChange = true;
        if (_index is not null && _index.Find(hash) is var other and >= 0)
        {
            sender.Batch.Reference(page, other, hash);
            Sent(WorkItem.Reference, block);
        }
        else if (_cache is null || !TryPatch(page, data, hash))
        {
            mayChange = Whole(page, data);
        }

        // A version that is held must be the one that the target has.
        var cameAgain = !_table[page].IsMissing;
        if (_cache is not null && (mayChange || cameAgain || !_cache.Find(page).IsEmpty))
            _cache.Put(page, data, cameAgain);
        _table[page] = hash;
        _index?.Add(hash, page);
        _lastBlock = block;
    }

    public void Dispose()
    {
        _checkpoint?.Dispose();
        _cache?.Dispose();
        _size.Dispose();
    }

    /// <summary>
    /// A record of QEMU's stream that continues a block continues that of the record before, and a target without a
    /// store cannot write one for a page that it does not have. So where the block changes, the page goes whole.
    /// </summary>
    private bool MayBeSkipped(RamBlock block) => _holds || ReferenceEquals(block, _lastBlock);

    // Enum.HasFlag makes two boxes for each page until the method has been optimised.
    private bool May(PageKinds kind) => (_kinds & kind) != PageKinds.None;

    /// <summary>
    /// What was known of the beginning of its hash is known of all of it: the target compares all with a digest, and so
    /// finds it out if it is another page that begins alike.
    /// </summary>
    private void Confirm(int page, in PageHash hash)
    {
        _table[page] = hash;
        _index?.Add(hash, page);
    }

    private bool TryPatch(int page, ReadOnlySpan<byte> data, in PageHash hash)
    {
        // What the target has is a page of zeros, or nothing: a patch would be the page.
        if (_table[page].IsMissing || _table[page].IsZero)
            return false;
        var older = _cache!.Find(page);
        if (older.IsEmpty)
            return false;
        var length = PagePatch.Make(older, data, _patch);
        var patch = _patch.AsSpan(0, Math.Max(length, 0));
        if (length < 0 || !_size.IsSmaller(patch, data))
            return false;
        sender.Batch.Patch(page, patch, hash);
        _counts[(int)WorkItem.Patch]++;
        return true;
    }

    /// <summary>
    /// Sends the page's bytes. False when its next version is unlikely to be one that a few changes tell, and it is no
    /// use to keep it unless it comes again: programs do not change, and what looks random is written whole.
    /// </summary>
    private bool Whole(int page, ReadOnlySpan<byte> data)
    {
        var item = sender.Level > 0 && PageSample.LooksRandom(data) ? WorkItem.Raw : WorkItem.Plain;
        var mayChange = item != WorkItem.Raw;
        if (item == WorkItem.Raw)
            sender.Batch.RawPage(page, data);
        else
            mayChange = !sender.Plain(page, data);
        Volatile.Write(ref _counts[(int)item], _counts[(int)item] + 1);
        return mayChange;
    }

    private void Prepare()
    {
        if (!sender.Batch.HasRoomForPage)
            sender.Send();
    }

    private void Sent(WorkItem item, RamBlock block)
    {
        Volatile.Write(ref _counts[(int)item], _counts[(int)item] + 1);
        _lastBlock = block;
    }

    private long Count(WorkItem item) => Volatile.Read(ref _counts[(int)item]);

    private static ContentIndex IndexOf(PageHash[] table)
    {
        var index = new ContentIndex(table);
        for (var page = 0; page < table.Length; page++)
            if (!table[page].IsMissing && !table[page].IsZero && !table[page].IsShort && index.Find(table[page]) < 0)
                index.Add(table[page], page);
        return index;
    }
}
