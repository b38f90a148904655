using Fabric.Simulation.Engine;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Simulation.Pages;

/// <summary>
/// A host's disk, as far as page stores lie on it: what was written is there for every later life of the agent, and is
/// old, new or torn after a loss of power, for nothing is flushed and no order is kept. It knows, apart from the product,
/// whose pages are in a store and which contents it was rightly given.
/// </summary>
/// <param name="chance">What is drawn for it.</param>
/// <param name="bug">A planted one.</param>
/// <param name="mayLosePower">In this run; else nothing is kept to be torn.</param>
internal sealed class SimStoreDisk(Chance chance, StoreBug bug, bool mayLosePower) : IStoreDisk
{
    private const int Sector = 512;

    /// <summary>Writes that may still be lost: older ones have long been on the disk.</summary>
    private const int PendingMax = 64;

    private readonly Dictionary<string, SimStore> _stores = new(StringComparer.Ordinal);
    private readonly Queue<(SimStore Store, string File, long At, byte[]? Old)> _pending = new();
    private int _life;
    private long _clock;

    /// <summary>No room, but for what is there.</summary>
    public bool IsFull { get; set; }

    private bool MayLosePower => mayLosePower;

    public long FreeBytes => IsFull ? 0 : long.MaxValue;

    /// <summary>Bytes of all stores.</summary>
    public long Bytes => _stores.Values.Sum(s => s.Bytes);

    public SimStore? Find(string store) => _stores.GetValueOrDefault(store);

    /// <summary>The agent died: what it had open is open no more, and what it would still write is never written.</summary>
    public void Crash(bool power)
    {
        _life++;
        foreach (var store in _stores.Values)
            store.Locked = false;
        if (!power)
            return;
        foreach (var (store, file, at, old) in _pending.Reverse())
        {
            store.Doubted = true;
            if (at >= 0)
                Tear(store.Files.GetValueOrDefault(file, []), at, old!);
            else if (chance.OneIn(8))
                store.Put(file, old);
        }

        _pending.Clear();
    }

    /// <summary>Bits flip, or a file is cut.</summary>
    public void Damage(string name)
    {
        if (!_stores.TryGetValue(name, out var store) || store.Files.Count == 0)
            return;
        store.Doubted = true;
        var file = chance.Of(store.Files.Keys.Order(StringComparer.Ordinal).ToList());
        var bytes = store.Files[file];
        if (bytes.Length == 0)
            return;
        if (chance.OneIn(6) && !store.Locked)
            store.Put(file, bytes[..chance.Below(bytes.Length)]);
        else
            for (var i = chance.Below(6); i >= 0; i--)
                bytes[chance.Below(bytes.Length)] ^= (byte)(1 << chance.Below(8));
    }

    /// <summary>An operator deletes it, unless it is open.</summary>
    public void Wipe(string name)
    {
        if (_stores.TryGetValue(name, out var store) && !store.Locked)
            _stores.Remove(name);
    }

    /// <summary>Another VM's files come to lie in the place of this one's: all of them, or its pages.</summary>
    public void Mistake(string name, SimStore other)
    {
        if (!_stores.TryGetValue(name, out var store) || store.Locked || store == other || other.Files.Count == 0)
            return;
        store.Doubted = true;
        if (chance.OneIn(4))
        {
            store.Put("pages", (byte[]?)other.Files.GetValueOrDefault("pages")?.Clone());
            return;
        }

        store.Files.Clear();
        foreach (var (file, bytes) in other.Files)
            store.Files[file] = (byte[])bytes.Clone();
        store.Owner = other.Owner;
    }

    public IReadOnlyList<(string Store, long Bytes, DateTime Written)> List() => bug == StoreBug.IgnoresQuota
        ? []
        : [.. _stores.Select(s => (s.Key, s.Value.Bytes, DateTime.UnixEpoch.AddSeconds(s.Value.Written)))];

    public bool Exists(string store) => _stores.ContainsKey(store);

    public void Begin(string store)
    {
        if (!_stores.ContainsKey(store))
            _stores[store] = new SimStore(store);
    }

    public IDisposable? TryLock(string store)
    {
        if (_stores[store].Locked)
            return null;
        _stores[store].Locked = true;
        return new Held(this, _stores[store]);
    }

    public void Remove(string store) => _stores.Remove(store);

    public long LengthOf(string store, string file) =>
        _stores[store].Files.TryGetValue(file, out var bytes) ? bytes.Length : -1;

    public byte[]? ReadUpTo(string store, string file, int most)
    {
        if (Find(store)?.Files.GetValueOrDefault(file) is not { } bytes || bytes.Length > most)
            return null;
        return bug == StoreBug.TakesOtherVms && StoreIdentity.TryRead(bytes) is { } identity
            ? (identity with { Vm = store }).ToBytes()
            : (byte[])bytes.Clone();
    }

    public void Replace(string store, string file, ReadOnlySpan<byte> bytes)
    {
        _stores[store].MayFail();
        Change(_stores[store], file, bytes.ToArray());
        _stores[store].Written = ++_clock;
    }

    public void Create(string store, string file, long length)
    {
        _stores[store].MayFail();
        Change(_stores[store], file, new byte[length]);
        if (string.Equals(file, "pages", StringComparison.Ordinal))
            _stores[store].Empty();
    }

    public void Delete(string store, string file) => Change(_stores[store], file, null);

    public IStoreFile Open(string store, string file) => new OpenFile(this, _stores[store], file, _life);

    private void Change(SimStore store, string file, byte[]? bytes)
    {
        Note(store, file, -1, store.Files.GetValueOrDefault(file));
        store.Put(file, bytes);
    }

    private void Note(SimStore store, string file, long at, byte[]? old)
    {
        if (!mayLosePower)
            return;
        // The system writes back when it likes.
        if (chance.OneIn(12))
            _pending.Clear();
        _pending.Enqueue((store, file, at, old));
        if (_pending.Count > PendingMax)
            _pending.Dequeue();
    }

    /// <summary>Of each sector that was written, what was there before may still be there.</summary>
    private void Tear(byte[] file, long at, byte[] old)
    {
        for (var i = 0; i < old.Length; i += Sector)
        {
            if (chance.OneIn(2) && at + old.Length <= file.Length)
                old.AsSpan(i, Math.Min(Sector, old.Length - i)).CopyTo(file.AsSpan((int)at + i));
        }
    }

    private sealed class Held(SimStoreDisk disk, SimStore store) : IDisposable
    {
        private readonly int _life = disk._life;

        public void Dispose()
        {
            if (_life == disk._life)
                store.Locked = false;
        }
    }

    private sealed class OpenFile(SimStoreDisk disk, SimStore store, string name, int life) : IStoreFile
    {
        public void Read(Span<byte> into, long at)
        {
            var file = store.Files[name];
            if (at + into.Length > file.Length)
                throw new IOException("the file is shorter than it was");
            file.AsSpan((int)at, into.Length).CopyTo(into);
        }

        public void Write(ReadOnlySpan<byte> bytes, long at)
        {
            if (life != disk._life)
                return;
            store.MayFail();
            var there = store.Files[name].AsSpan((int)at, bytes.Length);
            if (disk.MayLosePower)
                disk.Note(store, name, at, there.ToArray());
            bytes.CopyTo(there);
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>The files of one store, and what is true of them.</summary>
/// <param name="vm">Whose it is by its name.</param>
internal sealed class SimStore(string vm)
{
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public bool Locked { get; set; }

    /// <summary>Every write fails.</summary>
    public bool Fails { get; set; }

    /// <summary>When it was opened last.</summary>
    public long Written { get; set; }

    /// <summary>Whose pages are in it.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Something happened to it: what it holds is known again when it was opened and looked at.</summary>
    public bool Doubted { get; set; }

    /// <summary>The contents that it was rightly given, by page; zeros are not counted.</summary>
    public byte[]?[] Given { get; private set; } = [];

    /// <summary>For a planted bug: what its table said when it was opened last.</summary>
    public PageHash[]? Earlier { get; set; }

    public long Bytes => Files.Values.Sum(f => (long)f.Length);

    public void Put(string file, byte[]? bytes)
    {
        if (bytes is null)
            Files.Remove(file);
        else
            Files[file] = bytes;
    }

    /// <exception cref="IOException">Its disk is full.</exception>
    public void MayFail()
    {
        if (!Fails)
            return;
        Doubted = true;
        throw new IOException("the disk is full");
    }

    /// <summary>It was begun anew.</summary>
    public void Empty() => (Given, Owner, Doubted) = ([], vm, false);

    /// <summary>It was opened, and its pages compared with their hashes.</summary>
    public void LookedAt(int pages)
    {
        if (Doubted || Given.Length != pages)
            Given = new byte[]?[pages];
        Doubted = false;
    }

    /// <summary>It was opened to be written on; what is in it is looked at another time.</summary>
    public void Begin(int pages)
    {
        if (!Doubted && Given.Length != pages)
            Given = new byte[]?[pages];
    }

    public void Give(int page, byte[] content)
    {
        if (!Doubted && page < Given.Length)
            Given[page] = content == GuestMemory.Zero ? null : content;
    }
}
