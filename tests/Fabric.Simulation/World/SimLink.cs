using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <summary>
/// The data link of one transfer: two of the product's link machines and the wires between them, which are cut at any
/// frame, in its middle too, or die without a word. While all is well a message is over at once and costs no virtual
/// time; else both ends look at the clock until it is.
/// <list type="bullet">
/// <item>L1: every byte reaches its reader, once, in order; no more wait than the window holds.</item>
/// <item>L2: on a path that is whole, a message is over within <see cref="LateMs"/>.</item>
/// <item>L3: a proof lets one connection in.</item>
/// </list>
/// </summary>
internal sealed class SimLink
{
    /// <summary>Four beats of silence (4 s), the longest back-off (1 s), and then several times that.</summary>
    private const int LateMs = 18_000;

    private const int TickMs = 500;

    private static readonly LinkTerms Terms = new(HeartbeatMs: 1_000, ReconnectForMs: 20_000);

    private readonly SimWorld _world;
    private readonly Chance _chance;
    private readonly LinkBug _bug;
    private readonly SimLinkEnd[] _ends;
    private readonly Func<int, bool> _isStill;
    private readonly Action _gaveUp;
    private readonly ResumeGate _gate = new();
    private readonly long[] _numbers = new long[Limits.Link.ConnectionsMax];
    private readonly HashSet<(int Slot, long Number)> _letIn = [];
    private (int Sender, int Channel, long Until, long SinceMs, Action Done)? _message;
    private int _cutAtFrame;
    private long _wholeSinceMs;
    private bool _ticking;
    private bool _over;

    /// <param name="world">Its clock.</param>
    /// <param name="chance">What is drawn for it.</param>
    /// <param name="bug">A planted one.</param>
    /// <param name="isStill">Whether the agent at an end (0 source, 1 target), or the way to it, stands still.</param>
    /// <param name="gaveUp">Hears when it is lost for good.</param>
    public SimLink(SimWorld world, Chance chance, LinkBug bug, Func<int, bool> isStill, Action gaveUp)
    {
        (_world, _chance, _bug, _isStill, _gaveUp) = (world, chance, bug, isStill, gaveUp);
        _ends = [new SimLinkEnd(0, Terms, NowMs, bug), new SimLinkEnd(1, Terms, NowMs, bug)];
        _cutAtFrame = world.Plan.LinkCutAtFrame;
        Connect(0);
        if (HasFaults && chance.OneIn(3))
            _ends[0].Machine.Keeper.Want(2 + chance.Below(3), NowMs);
        Look();
    }

    /// <summary>Frames that went over.</summary>
    public int Frames { get; private set; }

    private bool HasFaults => _world.Plan.Faults.Count > 0;

    private long NowMs => 1 + (_world.Scheduler.Now / TimeSpan.TicksPerMillisecond);

    /// <summary>Sends a message from an end; done when the other end's reader has all of it.</summary>
    public void Carry(int sender, Action done)
    {
        var end = _ends[sender];
        if (HasFaults)
            DrawFaults();
        for (var i = 1 + _chance.Below(4); i > 0; i--)
            end.TrySend(end.Main, 1 + _chance.Below(Limits.Relay.PayloadMax / (1 + _chance.Below(50))));
        for (var i = _chance.Below(HasFaults ? 7 : 2); i > 0; i--)
            end.TrySend(end.Control, 1 + _chance.Below(Limits.Relay.PayloadMax));
        _message = (sender, end.Main, end.Machine.Sender(end.Main).Next, NowMs, done);
        Look();
    }

    /// <summary>The way changed: it is open again, or an agent goes on.</summary>
    public void Kick() => Look();

    /// <summary>Nobody holds it any more.</summary>
    public void End()
    {
        _over = true;
        _message = null;
    }

    private bool IsWhole => !_isStill(0) && !_isStill(1);

    private void DrawFaults()
    {
        _ends[1 - _chance.Below(2)].ReaderRests = _chance.OneIn(4);
        _ends[_chance.Below(2)].ReaderRests = false;
        var wire = _ends[0].Wires[_chance.Below(4)];
        if (wire is null)
            return;
        if (_chance.OneIn(4))
            wire.CutIn = _chance.Below(12);
        else if (_chance.OneIn(12))
            wire.IsDead = true;
        if (_chance.OneIn(6) && _numbers[wire.Slot] > 0)
            Arrive(wire.Slot, _chance.Between(1, _numbers[wire.Slot]), late: true);
    }

    /// <summary>Lets everything go over that can, then sees whether somebody must look at the clock.</summary>
    private void Look()
    {
        if (_over)
            return;
        while (Step())
        {
        }

        if (_message is { } message && _ends[1 - message.Sender].TakenOf(message.Channel) >= message.Until)
        {
            _message = null;
            message.Done();
        }

        if (_over || _ticking || (_message is null && _ends[0].Machine.Keeper.DownSince is null
            && _ends[1].Machine.Keeper.DownSince is null && !IsShort))
            return;
        _ticking = true;
        _world.Scheduler.After(SimScheduler.Ms(TickMs), Tick);
    }

    private bool IsShort => _ends[0].Machine.Keeper.OpenCount < _ends[0].Machine.Keeper.Wanted;

    private bool Step()
    {
        var any = false;
        foreach (var end in _ends)
        {
            if (_isStill(end.Index))
                continue;
            foreach (var wire in end.Wires)
            {
                while (wire is { } w && w.IsOpenAt[end.Index] && end.TryTake(w, NowMs, out var frame))
                {
                    any = true;
                    if (_bug != LinkBug.ForgetsLostFrames || frame.Out is not { Frame.Again: true })
                        w.From[end.Index].Enqueue(frame);
                }
            }
        }

        if (!IsWhole)
            return any;
        foreach (var end in _ends)
        {
            foreach (var wire in end.Wires)
            {
                if (wire is not null)
                    any |= Deliver(wire, end);
            }

            end.Read();
        }

        return any;
    }

    /// <summary>What is on its way to an end arrives, up to where the wire is cut.</summary>
    private bool Deliver(SimWire wire, SimLinkEnd to)
    {
        var any = false;
        var queue = wire.From[1 - to.Index];
        while (!wire.IsDead && wire.IsOpenAt[to.Index] && queue.TryDequeue(out var frame))
        {
            any = true;
            Frames++;
            var cut = wire.CutIn-- == 0 || --_cutAtFrame == 0;
            to.Take(wire, frame, NowMs, cut);
            if (!cut)
                continue;
            wire.IsDead = true;
            Close(wire, 0);
            Close(wire, 1);
        }

        // The end of a connection is heard behind what was sent on it.
        if (!wire.IsDead && !wire.IsOpenAt[1 - to.Index] && wire.IsOpenAt[to.Index] && queue.Count == 0)
        {
            Close(wire, to.Index);
            any = true;
        }

        return any;
    }

    private void Close(SimWire wire, int index)
    {
        wire.IsOpenAt[index] = false;
        var end = _ends[index];
        if (end.Wires[wire.Slot] != wire)
            return;
        end.Wires[wire.Slot] = null;
        end.Machine.Lost(wire.Slot, NowMs);
    }

    private void Tick()
    {
        _ticking = false;
        if (_over)
            return;
        _wholeSinceMs = IsWhole ? Math.Max(1, _wholeSinceMs == 0 ? NowMs : _wholeSinceMs) : 0;
        foreach (var end in _ends)
        {
            if (!_over && !_isStill(end.Index))
                Tick(end);
        }

        if (!_over && _message is { } message && _wholeSinceMs > 0
            && NowMs - Math.Max(message.SinceMs, _wholeSinceMs) > LateMs)
        {
            throw new RuleBrokenException(string.Create(
                CultureInfo.InvariantCulture,
                $"rule L2: bytes of channel {message.Channel} did not come over in {LateMs} ms of a whole path"));
        }

        Look();
    }

    private void Tick(SimLinkEnd end)
    {
        end.Machine.Keeper.Tick(NowMs);
        end.Machine.OweAcks();
        while (!_over && end.Machine.Keeper.TryTakeAct(out var act))
        {
            switch (act.Kind)
            {
                case LinkActKind.Dial when IsWhole:
                    Connect(act.Slot);
                    break;
                case LinkActKind.Dial:
                    end.Machine.Keeper.DialFailed(act.Slot, NowMs);
                    break;
                case LinkActKind.Close when _bug != LinkBug.IgnoresSilence && end.Wires[act.Slot] is { } wire:
                    Close(wire, end.Index);
                    break;
                case LinkActKind.Close:
                    break;
                case LinkActKind.GiveUp:
                    End();
                    _gaveUp();
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(end), act.Kind, "not an act");
            }
        }
    }

    private void Connect(int slot)
    {
        var number = ++_numbers[slot];
        if (slot > 0)
            _ends[0].Machine.Striping();
        if (Arrive(slot, number, late: false) is { } wire)
            Attach(_ends[0], wire);
        else
            _ends[0].Machine.Keeper.DialFailed(slot, NowMs);
    }

    /// <summary>A connection with a proof reaches the target: the first of its number, or a late copy.</summary>
    private SimWire? Arrive(int slot, long number, bool late)
    {
        if (!_gate.TryPass(slot, number) && _bug != LinkBug.TakesUsedProofs)
            return null;
        if (!_letIn.Add((slot, number)))
            throw new RuleBrokenException($"rule L3: proof {number} of connection {slot} let in a second one");
        var wire = new SimWire(slot) { IsDead = late };
        Attach(_ends[1], wire);
        return wire;
    }

    private void Attach(SimLinkEnd end, SimWire wire)
    {
        if (end.Wires[wire.Slot] is { } old)
            Close(old, end.Index);
        end.Wires[wire.Slot] = wire;
        end.Machine.Opened(wire.Slot, NowMs);
    }
}
