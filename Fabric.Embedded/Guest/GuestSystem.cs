using System.Runtime.CompilerServices;
using Fabric.Embedded.Memory;
using Fabric.Embedded.Programs;
using Fabric.Protocol;

namespace Fabric.Embedded.Guest;

/// <summary>
/// The guest: memory, registers and a program. An operation is a pure function of what they hold, so a guest of one
/// seed does the same wherever it runs, and however often it is moved. Used by one thread at a time.
/// </summary>
internal sealed class GuestSystem
{
    private readonly VersionTable _versions;
    private GuestRegisters _registers;
    private int _pageInWrite = -1;

    /// <summary>A guest that has not booted.</summary>
    public GuestSystem(GuestMemory memory, VmId vm, GuestProgramSpec spec)
    {
        Memory = memory;
        Layout = new GuestLayout(memory.Pages);
        Owner = OwnerOf(vm, spec.Seed);
        _versions = new VersionTable(memory, Layout, Owner);
        Spec = spec;
        Program = GuestProgram.Of(spec.Name, Layout);
        _registers.Random = PageFormat.Mix(Owner);
        _registers.Rate = Limits.Guest.RateOfProgram;
    }

    /// <summary>Its memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>What is where.</summary>
    public GuestLayout Layout { get; }

    /// <summary>The mark of its pages.</summary>
    public ulong Owner { get; }

    /// <summary>Its registers.</summary>
    public ref GuestRegisters Registers => ref _registers;

    /// <summary>Its program.</summary>
    public GuestProgram Program { get; }

    /// <summary>Its program's name and seed.</summary>
    public GuestProgramSpec Spec { get; }

    /// <summary>It has written its resident pages.</summary>
    public bool HasBooted => _registers.Booted >= Layout.ResidentPages;

    /// <summary>The page that is being written at this moment, or -1: a copy of it would be torn.</summary>
    public int PageInWrite => Volatile.Read(ref _pageInWrite);

    /// <summary>Whether registers from elsewhere fit this guest's memory.</summary>
    public bool CanHold(in GuestRegisters registers) =>
        registers.ScanAt >= 0 && registers.ScanAt < Layout.Pages
        && registers.Booted >= 0 && registers.Booted <= Layout.ResidentPages
        && registers.Rate is >= Limits.Guest.RateOfProgram and <= Limits.Guest.RateMax;

    /// <summary>Does the next operation.</summary>
    public void Operate()
    {
        if (HasBooted)
            Program.Operate(this);
        else
            Boot();
        _registers.Operations++;
        Scan(Limits.Guest.ScanPagesPerOperation);
    }

    /// <summary>A number below <paramref name="limit"/>.</summary>
    public int Random(int limit)
    {
        _registers.Random += 0x9E3779B97F4A7C15;
        return (int)(PageFormat.Mix(_registers.Random) % (uint)limit);
    }

    /// <summary>A fraction from 0 to below 1.</summary>
    public double RandomFraction()
    {
        _registers.Random += 0x9E3779B97F4A7C15;
        return (PageFormat.Mix(_registers.Random) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Writes a data page: its head is looked at first, as a program notices old data when it uses it.</summary>
    public void Write(int data, int records = 1)
    {
        var page = Layout.PageOf(data);
        var words = Memory.Touch(page);
        var version = _versions.Of(page);
        Volatile.Write(ref _pageInWrite, page);
        if (version == 0)
            PageFormat.Begin(words, Owner, page);
        else if (!IsHeadRight(words, page, version))
            _registers.Bad++;
        PageFormat.Write(words, _registers.Operations, records);
        Memory.Changed(page);
        Volatile.Write(ref _pageInWrite, -1);
        _versions.Set(page, version + 1, _registers.Operations);
        _registers.Writes++;
        _registers.Digest ^= DigestPart(page, version) ^ DigestPart(page, version + 1);
    }

    /// <summary>Reads a data page.</summary>
    public void Read(int data)
    {
        var page = Layout.PageOf(data);
        var version = _versions.Of(page);
        if (version > 0 && !IsHeadRight(Memory.Touch(page), page, version))
            _registers.Bad++;
    }

    /// <summary>Looks at every page; the numbers tie pages to registers, so old but whole pages are seen too.</summary>
    public GuestFindings Verify()
    {
        long bad = 0;
        ulong writes = 0, digest = 0;
        for (var table = 0; table < Layout.TablePages; table++)
            bad += _versions.Holds(table) ? 0 : 1;
        for (var page = Layout.TablePages; page < Layout.Pages; page++)
        {
            var version = _versions.Of(page);
            bad += IsPageRight(page, version) ? 0 : 1;
            writes += version;
            digest ^= DigestPart(page, 0) ^ DigestPart(page, version);
        }

        if (writes != _registers.Writes || digest != _registers.Digest)
            bad++;
        return new GuestFindings(Layout.Pages, bad);
    }

    private static ulong OwnerOf(VmId vm, ulong seed)
    {
        var owner = PageFormat.Mix(seed);
        foreach (var letter in vm.Value)
            owner = PageFormat.Mix(owner ^ letter);
        return owner | 1;
    }

    private static ulong DigestPart(int page, uint version) => PageFormat.Mix(((ulong)(uint)page << 32) | version);

    private void Boot()
    {
        for (var i = 0; i < Limits.Guest.BootPagesPerOperation && !HasBooted; i++)
            Write(_registers.Booted++, PageFormat.Records);
    }

    private void Scan(int pages)
    {
        for (var i = 0; i < pages; i++)
        {
            var page = _registers.ScanAt;
            var isRight = page < Layout.TablePages ? _versions.Holds(page) : IsPageRight(page, _versions.Of(page));
            _registers.Bad += isRight ? 0UL : 1UL;
            _registers.ScanAt = page + 1 == Layout.Pages ? 0 : page + 1;
            _registers.Scans += _registers.ScanAt == 0 ? 1UL : 0UL;
        }
    }

    private bool IsPageRight(int page, uint version)
    {
        var words = Memory.Touch(page);
        return version == 0 ? !words.ContainsAnyExcept(0UL) : PageFormat.Holds(words, Owner, page, version);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsHeadRight(ReadOnlySpan<ulong> words, int page, uint version) =>
        words[PageFormat.Owner] == Owner && words[PageFormat.Number] == (ulong)page
        && words[PageFormat.Version] == version && words[PageFormat.Operation] <= _registers.Operations;
}

/// <summary>What a look at every page found.</summary>
internal sealed record GuestFindings(long Pages, long Bad);
