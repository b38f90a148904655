using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Pages;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <summary>What becomes of a source's wish to send.</summary>
internal enum ConnectResult
{
    Connected,
    Refused,
    NoWay,
    NoMachine,
}

/// <summary>
/// What hypervisors and relays do by themselves, in time: rounds, the pause, the last pages, the acknowledgement. Bytes
/// stall while the way is cut or an agent on it is stopped; what they wait for crosses a data link of the product's own
/// machines, which gives up in its time.
/// </summary>
internal sealed class SimTransfers(SimWorld world, Chance chance)
{
    private static readonly long Patience = SimScheduler.Ms(20_000);
    private readonly Chance _linkChance = Chance.For(world.Plan.Seed, 6);

    private readonly List<Drive> _drives = [];

    public static bool IsCut(SimWorld world, ModelTransfer transfer) =>
        IsStill(world.HostOf(transfer.Source.Host)) || IsStill(world.HostOf(transfer.Target.Host));

    public ConnectResult TryConnect(SimHost from, StartSending wish)
    {
        var order = wish.Order;
        if (world.Hypervisors.Find(from.Id, wish.Directory) is not { } source)
            return ConnectResult.NoMachine;
        var to = world.HostOf(order.Target);
        if (from.DataCut > 0 || to.DataCut > 0 || !to.IsUp || to.Agent!.Process.IsStopped)
            return ConnectResult.NoWay;
        var directory = to.Agent.Tickets.Take(order.Ticket, from.Id);
        if (directory is null || world.Hypervisors.Find(to.Id, directory) is not { Transfer: null } target)
            return ConnectResult.Refused;
        var rightly = string.Create(
            CultureInfo.InvariantCulture, $"-t{order.Stamp.Term}-a{order.Stamp.Attempt}");
        if ((!directory.EndsWith(rightly, StringComparison.Ordinal)
                && !directory.Contains($"{rightly}-r", StringComparison.Ordinal)) || target.Vm != source.Vm)
            throw new RuleBrokenException($"rule 12: {from.Id} sends {order.Stamp} with the ticket of {directory}");
        world.Hypervisors.BeginSending(source, target);
        world.Sends(source.Vm, order.Policy);
        var drive = new Drive(source.Transfer!, order.Policy, 1 + chance.Below(world.Plan.RoundsMax));
        drive.Link = new SimLink(
            world, _linkChance, world.Plant?.LinkBug ?? LinkBug.None,
            end => IsStill(world.HostOf(end == 0 ? drive.Transfer.Source.Host : drive.Transfer.Target.Host)),
            () => Break(drive));
        drive.Pages = world.Pages?.Begin(drive.Transfer);
        _drives.Add(drive);
        Kick();
        return ConnectResult.Connected;
    }

    /// <summary>For a planted bug: a connection that was given up is tried on and on.</summary>
    public void ConnectLate(SimHost from, StartSending wish, int tries = 60) => world.Scheduler.After(
        SimScheduler.Ms(250), () =>
        {
            if (TryConnect(from, wish) is ConnectResult.NoWay or ConnectResult.Refused && tries > 0)
                ConnectLate(from, wish, tries - 1);
        });

    /// <summary>Something changed: whatever can go on now goes on.</summary>
    public void Kick()
    {
        for (var i = _drives.Count - 1; i >= 0; i--)
        {
            var drive = _drives[i];
            if (IsDone(drive.Transfer))
            {
                drive.Link!.End();
                drive.Pages?.Dispose();
                _drives.RemoveAt(i);
            }
            else
            {
                drive.Pages?.Look();
                Kick(drive);
            }
        }
    }

    /// <summary>The way from or to a host is cut, or its agent is stopped.</summary>
    public void CutBegan(SimHost host)
    {
        foreach (var drive in Of(host))
            drive.Link!.Kick();
    }

    public void CutEnded(SimHost host)
    {
        foreach (var drive in Of(host))
        {
            world.Hypervisors.Heal(drive.Transfer);
            drive.Link!.Kick();
        }

        Kick();
    }

    /// <summary>The relays of a host died with its agent; those at the other ends wait for it for a while.</summary>
    public void AgentDied(SimHost host)
    {
        foreach (var drive in Of(host))
            drive.Pages?.Dispose();
        world.Hypervisors.CloseRelays(host.Id);
        foreach (var drive in Of(host))
            world.Scheduler.After(chance.Between(SimScheduler.Ms(500), Patience), () => Break(drive));
    }

    public void BreakAll(SimHost host)
    {
        foreach (var drive in Of(host))
            Break(drive);
    }

    /// <summary>A source is to send in another way; what is not sending does not.</summary>
    public void Adjust(SimHost host, AdjustSending e)
    {
        if (_drives.Find(d => d.Transfer.Source.Host == host.Id && d.Transfer.SourceRelay
            && string.Equals(d.Transfer.Source.Directory, e.Directory, StringComparison.Ordinal)) is { } drive)
            drive.Policy = e.Policy;
    }

    /// <summary>Page work failed: its relay gives up.</summary>
    public void BreakSoon(ModelTransfer transfer) => world.Scheduler.After(0, () =>
    {
        if (_drives.Find(d => d.Transfer == transfer) is { } drive)
            Break(drive);
    });

    private List<Drive> Of(SimHost host) =>
        [.. _drives.Where(d => d.Transfer.Source.Host == host.Id || d.Transfer.Target.Host == host.Id)];

    /// <summary>The relays give up; the source's hypervisor then finds its socket closed.</summary>
    private void Break(Drive drive)
    {
        var transfer = drive.Transfer;
        drive.Link!.End();
        drive.Pages?.Dispose();
        if (!transfer.SourceRelay && !transfer.TargetRelay)
            return;
        world.Acted($"relays of {transfer.Source.Vm} give up", () => world.Hypervisors.Break(transfer));
        world.Scheduler.After(SimScheduler.Ms(5), () =>
        {
            if (transfer.Source.Alive && transfer.Source.Transfer == transfer
                && transfer.Source.Phase is MigrationPhase.Active or MigrationPhase.Device)
                world.Acted($"{transfer.Source.Host} loses its socket", () => world.Hypervisors.Fail(transfer.Source));
        });
    }

    private void Kick(Drive drive)
    {
        if (drive.Pending || Next(drive) is not { } next || IsCut(world, drive.Transfer))
            return;
        drive.Pending = true;
        world.Scheduler.After(next.Ticks, () =>
        {
            // The acknowledgement is the only thing that goes back.
            drive.Link!.Carry(string.Equals(next.What, "acknowledge", StringComparison.Ordinal) ? 1 : 0, () =>
            {
                drive.Pending = false;
                if (!IsCut(world, drive.Transfer))
                    world.Acted(next.What, next.Act);
            });
        });
    }

    private (string What, long Ticks, Action Act)? Next(Drive drive)
    {
        var hypervisors = world.Hypervisors;
        var (source, target) = (drive.Transfer.Source, drive.Transfer.Target);
        var (least, most) = world.Plan.RoundMs;
        if (!source.Alive || source.Transfer != drive.Transfer)
            return null;
        if (source is { Phase: MigrationPhase.Active, Run: RunState.Running } && drive.Transfer.IsWhole)
        {
            return drive.Transfer.Rounds < drive.Rounds
                ? ("round", SimScheduler.Ms(chance.Between(least, most)), () => Round(drive))
                : ("pause", chance.Between(Ms(1), Ms(10)), () => Pause(drive));
        }

        if (source.Phase != MigrationPhase.Device)
            return null;
        if (target is { Alive: true, Phase: MigrationPhase.Active } && drive.Transfer.IsWhole)
            return ("load", chance.Between(Ms(1), Ms(40)), () => Load(drive));
        return target.Phase == MigrationPhase.Completed && drive.Transfer.SourceRelay
            ? ("acknowledge", chance.Between(Ms(1) / 5, Ms(5) + RoundTrip), () => hypervisors.Acknowledge(source))
            : null;
    }

    private void Pause(Drive drive)
    {
        if (world.Hypervisors.Pause(drive.Transfer.Source))
            world.Pauses(drive.Transfer.Source.Vm, drive.Policy);
    }

    private void Round(Drive drive)
    {
        if (world.Hypervisors.Round(drive.Transfer.Source))
            drive.Pages?.Round();
    }

    private void Load(Drive drive)
    {
        if (world.Hypervisors.CanLoad(drive.Transfer.Target) && drive.Pages?.Load() != false)
            world.Hypervisors.Load(drive.Transfer.Target);
    }

    private long RoundTrip => world.Plan.LinkUs.Most * 2 * (TimeSpan.TicksPerMillisecond / 1_000);

    private static long Ms(long milliseconds) => SimScheduler.Ms(milliseconds);

    private static bool IsStill(SimHost host) =>
        host.DataCut > 0 || host.Agent is { Process: { IsAlive: true, IsStopped: true } };

    private static bool IsDone(ModelTransfer transfer) =>
        (!transfer.Source.Alive || transfer.Source.Transfer != transfer
            || transfer.Source.Phase is MigrationPhase.Completed or MigrationPhase.Failed or MigrationPhase.Cancelled)
        && (!transfer.Target.Alive || transfer.Target.Phase == MigrationPhase.Completed);

    private sealed class Drive(ModelTransfer transfer, TransferPolicy policy, int rounds)
    {
        /// <summary>How it is sent. Rounds are drawn, whatever the rate.</summary>
        public TransferPolicy Policy { get; set; } = policy;

        public ModelTransfer Transfer => transfer;

        public int Rounds => rounds;

        public bool Pending { get; set; }

        public SimLink? Link { get; set; }

        public SimPageWork? Pages { get; set; }
    }
}
