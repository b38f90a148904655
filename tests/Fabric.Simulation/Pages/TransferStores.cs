using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.World;
using Fabric.Testing.Scenarios;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Simulation.Pages;

/// <summary>
/// The page stores of one transfer, of its source's host and its target's, what befalls them, and the rules that are
/// asked of them. A planted bug is put between them and what uses them.
/// </summary>
internal sealed class TransferStores : IPageHolder
{
    private readonly SimPages _pages;
    private readonly VmId _vm;
    private readonly SimHost _from;
    private readonly SimHost _to;
    private readonly SimAgent _taker;
    private readonly TransferStore _source;
    private readonly TransferStore _target;
    private readonly Func<bool> _isPaused;
    private byte[]?[] _sending;
    private SimStore? _held;
    private SimStore? _checkpoint;
    private AnswerReader? _answer;
    private LastAttempt? _last;
    private bool _spoilt;
    private bool _granted;
    private int _againMin;

    public TransferStores(SimPages pages, VmId vm, SimHost from, SimHost to, Func<bool> isPaused)
    {
        (_pages, _vm, _from, _to, _isPaused) = (pages, vm, from, to, isPaused);
        _taker = to.Agent!;
        _source = from.Agent!.Pages!.For(vm, "source");
        _target = _taker.Pages!.For(vm, "target");
        _sending = new byte[]?[pages.Plan.Pages];
        SourceOptions = new PageWorkOptions
        {
            Level = pages.Chance.OneIn(4) ? 1 : 0,
            DeltaCacheBytes = (1 + pages.Chance.Below(8)) * (long)GuestMemory.PageSize,
        };
        TargetOptions = MayBefall && pages.Chance.OneIn(24) ? PageWorkOptions.Off : new PageWorkOptions();
    }

    public PageWorkOptions SourceOptions { get; }

    public PageWorkOptions TargetOptions { get; }

    private bool MayBefall => _pages.World.FaultsCome;

    /// <summary>The secret that the source proposes; a new one is drawn from the seed.</summary>
    public byte[] Key()
    {
        // Somebody clears up: the next secret is a new one, and on a third host the old one is kept.
        if (MayBefall && _pages.Chance.OneIn(12))
        {
            _from.StoreDisk!.Wipe(_vm.Value);
            _to.StoreDisk!.Wipe(_vm.Value);
        }

        if (_pages.Plan.Keep && _from.Agent?.Pages?.KeyOf(_vm.Value) is { } key)
            return key;
        var drawn = new byte[Limits.PageWork.KeyBytes];
        for (var i = 0; i < drawn.Length; i++)
            drawn[i] = (byte)_pages.Chance.Below(256);
        return drawn;
    }

    IHeldPages? IPageHolder.Open(RamMap map, ReadOnlyMemory<byte> key)
    {
        if (MayBefall)
            BefallBefore();
        var disk = _to.StoreDisk!;
        var before = disk.Find(_vm.Value)?.Earlier;
        var unchecked_ = _pages.Bug is StoreBug.NotChecked or StoreBug.NotCompared;
        IHeldPages? held;
        if (unchecked_)
        {
            var own = _taker.Pages!.KeyOf(_vm.Value) ?? key.ToArray();
            held = _taker.Pages.Open(_vm.Value, "target", map, own, checkpoint: true).Store;
        }
        else
        {
            held = ((IPageHolder)_target).Open(map, key);
        }

        _pages.World.Trace(string.Create(
            CultureInfo.InvariantCulture,
            $"store    {_to.Id} {_vm} opens: {_target.Why}, {_target.HeldAtFirst} held, {_target.Damaged} damaged"));
        disk.IsFull = false;
        if (held is PageStore store)
        {
            _held = disk.Find(_vm.Value)!;
            Opened(disk, _held);
            if (unchecked_)
                _held.Begin(map.Pages);
            else
                _held.LookedAt(map.Pages);
            var earlier = before is not null && before.Length == map.Pages ? before : new PageHash[map.Pages];
            _held.Earlier = store.Hashes.ToArray();
            _againMin = Enumerable.Range(0, _held.Given.Length).Count(
                p => _held.Given[p] is { } content && ReferenceEquals(content, _sending[p]));
            held = _pages.Bug switch
            {
                StoreBug.NotCompared => new UncomparedStore(store),
                StoreBug.NamesEarlierGeneration => new StaleStore(store, earlier),
                _ => store,
            };
        }

        if (_held is not null && MayBefall)
            BefallAfter();
        return held;
    }

    /// <summary>A source's checkpoint; as the product opens it, but for planted bugs.</summary>
    public IHeldPages? OpenCheckpoint(RamMap map, ReadOnlyMemory<byte> key)
    {
        if (_pages.Bug == StoreBug.IgnoresSecret && _from.Agent?.Pages?.KeyOf(_vm.Value) is { } own)
            key = own;
        if (_source.OpenCheckpoint(map, key) is not { } store)
            return null;
        _checkpoint = _from.StoreDisk!.Find(_vm.Value)!;
        Opened(_from.StoreDisk!, _checkpoint);
        _checkpoint.Begin(map.Pages);
        for (var page = 0; page < _sending.Length; page++)
        {
            if (_sending[page] is { } content)
                _checkpoint.Give(page, content);
        }

        return _pages.Bug == StoreBug.ForgetsLastRound ? new ForgetfulCheckpoint(store, _isPaused) : store;
    }

    /// <summary>The source knows what the target holds.</summary>
    public void Answered(AnswerReader answer)
    {
        if (_pages.Bug == StoreBug.TrustsLastAttempt && _last is { } last && last.Table.Length == answer.Table.Length)
            last.Table.CopyTo(answer.Table, 0);
        _answer = answer;
    }

    /// <summary>For a planted bug: the contents of the attempt before.</summary>
    public byte[]?[]? SentBefore(ModelMachine source)
    {
        _last = _pages.LastAttempts.GetValueOrDefault(source);
        return _pages.Bug == StoreBug.SkipsCleanPages ? _last?.Sent : null;
    }

    public void Sending(int page, byte[] content)
    {
        _sending[page] = content;
        _checkpoint?.Give(page, content);
    }

    public void Arrived(int page, byte[] content) => _held?.Give(page, content);

    /// <summary>Rule P3, of the copy in which every page comes once.</summary>
    public void SentFirst(PageWorkCounts counts)
    {
        if (_spoilt || counts.Unchanged >= _againMin)
            return;
        throw new RuleBrokenException(string.Create(
            CultureInfo.InvariantCulture,
            $"rule P3: {_to.Id} was given {_againMin} pages of {_vm} as they are, and {counts.Unchanged} of them are not sent again"));
    }

    /// <summary>Rule P2.</summary>
    public void Broke(PageWorkException e)
    {
        if (!_spoilt)
            throw new RuleBrokenException($"rule P2: the pages of {_vm} do not reach {_to.Id}: {e.Fault}, {e.Message}");
        _pages.World.Trace($"store    {_to.Id} {_vm} fails: {e.Fault}");
        if (e.Fault == PageWorkFault.Store)
            _target.Failed();
    }

    public void Granted(SimAgent agent)
    {
        if (agent != _taker)
            return;
        _granted = true;
        Succeeded();
    }

    public void SourceEnds(ModelMachine source, byte[]?[] sent)
    {
        if (_pages.Bug is StoreBug.SkipsCleanPages or StoreBug.TrustsLastAttempt)
            _pages.LastAttempts[source] = new LastAttempt(sent, _answer?.Table ?? []);
        _checkpoint = null;
    }

    public void TargetEnds()
    {
        if (_held is not null)
            _held.Fails = false;
        if (_granted && _taker.Process.IsAlive)
            Succeeded();
        _held = null;
    }

    private void Succeeded()
    {
        if (_pages.Bug != StoreBug.NeverRemoves)
            _target.Succeeded();
        if (!_pages.Plan.Keep && _to.StoreDisk!.Find(_vm.Value) is { Locked: false })
            throw new RuleBrokenException($"rule P5: {_vm} runs at {_to.Id}, and its page store was not to be kept");
    }

    /// <summary>Rules P4 and P5.</summary>
    private void Opened(SimStoreDisk disk, SimStore store)
    {
        if (!string.Equals(store.Owner, _vm.Value, StringComparison.Ordinal))
            throw new RuleBrokenException($"rule P4: a store of {store.Owner}'s pages is opened for {_vm}");
        if (disk.Bytes > SimAgent.QuotaOf(_pages.Plan) + (store.Bytes / 2))
            throw new RuleBrokenException($"rule P5: the stores of a host have {disk.Bytes} bytes, beyond their quota");
    }

    private void BefallBefore()
    {
        var (chance, disk) = (_pages.Chance, _to.StoreDisk!);
        switch (chance.Below(30))
        {
            case 0 or 1:
                disk.Damage(_vm.Value);
                break;
            case 2 or 3 when _pages.World.AnyStoreBut(_vm, chance) is { } other:
                disk.Mistake(_vm.Value, other);
                break;
            case 4:
                disk.IsFull = true;
                break;
            default:
                break;
        }
    }

    /// <summary>What befalls it while it is open may end the attempt, and gives no wrong page.</summary>
    private void BefallAfter()
    {
        if (_pages.Chance.OneIn(24))
        {
            _to.StoreDisk!.Damage(_vm.Value);
            _spoilt = true;
        }
        else if (_pages.Chance.OneIn(40))
        {
            _held!.Fails = _spoilt = true;
        }
    }
}
