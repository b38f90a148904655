using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <summary>
/// The links between coordinators and hosts: at most once, in order and whole unless the plan says otherwise. A link
/// that
/// carries nothing is noticed after a while at both ends; then the agent looks for whoever coordinates by now. What an
/// older coordinator has sent still arrives: the protocol must bear that.
/// </summary>
internal sealed class SimNetwork(SimWorld world, Chance chance)
{
    private static readonly long KeepAliveLeast = SimScheduler.Ms(5_000);
    private static readonly long KeepAliveMost = SimScheduler.Ms(15_000);

    private readonly HashSet<HostId> _looking = [];

    public bool Order(SimCoordinator from, HostId to, Order order)
    {
        if (from.LinkTo(to) is not { } link)
            return false;
        var host = world.HostOf(to);
        Send(host, new Letter(to, order, null), late =>
        {
            var superseded = host.Linked != from;
            if (host.OrdersCut > 0 || !host.IsUp || (link != host.LinkNumber && !superseded && !late))
                return false;
            var agent = host.Agent!;
            agent.Process.Do(() => world.Delivered(host, order, agent));
            return true;
        });
        return true;
    }

    public bool Report(SimHost from, SimAgent agent, Report report)
    {
        if (from.Linked is not { } coordinator || from.Agent != agent)
            return false;
        var link = from.LinkNumber;
        Send(from, new Letter(from.Id, null, report), late =>
        {
            if (from.ReportsCut > 0 || !coordinator.Process.IsAlive || (link != from.LinkNumber && !late))
                return false;
            coordinator.Process.Do(() => world.Delivered(from, report, coordinator));
            return true;
        });
        return true;
    }

    /// <summary>
    /// Something is wrong with the link: if it still is when it should have been heard of, it is given up.
    /// </summary>
    public void Watch(SimHost host)
    {
        var link = host.LinkNumber;
        world.Scheduler.After(chance.Between(KeepAliveLeast, KeepAliveMost), () =>
        {
            if (link == host.LinkNumber && !IsWhole(host))
                Lose(host);
        });
    }

    /// <summary>Both ends notice, the coordinator a moment later.</summary>
    public void Lose(SimHost host)
    {
        if (host.Linked is { } coordinator)
        {
            var link = host.LinkNumber;
            host.Linked = null;
            host.LinkNumber++;
            world.Trace($"link     {host.Id} lost");
            // One that is stopped reads of it only a moment after it woke.
            coordinator.Process.Do(() => coordinator.Process.After(Soon(), () => coordinator.Disconnected(host, link)));
        }

        Look(host);
    }

    /// <summary>The agent looks for a coordinator until it has one.</summary>
    public void Look(SimHost host)
    {
        if (_looking.Add(host.Id))
            world.Scheduler.After(chance.Spread(SimScheduler.Ms(20), SimScheduler.Ms(1_000)), () => Try(host));
    }

    public long Soon() => chance.Between(SimScheduler.Ms(1), SimScheduler.Ms(50));

    private void Try(SimHost host)
    {
        _looking.Remove(host.Id);
        if (host.Linked is not null || !host.IsUp || world.IsOver)
            return;
        if (host.Agent!.Process.IsStopped || host.OrdersCut + host.ReportsCut > 0
            || world.Current is not { Process.IsStopped: false } coordinator)
        {
            Look(host);
            return;
        }

        host.Linked = coordinator;
        var link = ++host.LinkNumber;
        world.Trace($"link     {host.Id} is up");
        coordinator.Connected(host, link);
        coordinator.Hear(host.Id, new HostFacts("model", null, 1L << 36, 1L << 35, new DataEndpoint(host.Id.Value, 7000)));
        host.Agent.LinkCameUp();
    }

    private static bool IsWhole(SimHost host) =>
        host is { OrdersCut: 0, ReportsCut: 0, IsUp: true, Linked.Process: { IsAlive: true, IsStopped: false } }
        && !host.Agent!.Process.IsStopped;

    private void Send(SimHost host, Letter letter, Func<bool, bool> arrive)
    {
        var plan = world.Plan;
        var roll = plan.LostPerMille + plan.DoubledPerMille + plan.ReorderedPerMille > 0 ? chance.Below(1_000) : 1_000;
        if (Take(host.LoseNext, n => host.LoseNext = n) || roll < plan.LostPerMille)
        {
            world.Trace($"lost     {letter}");
            return;
        }

        roll -= plan.LostPerMille;
        var doubled = Take(host.DoubleNext, n => host.DoubleNext = n) || (roll >= 0 && roll < plan.DoubledPerMille);
        roll -= plan.DoubledPerMille;
        var late = Take(host.ReorderNext, n => host.ReorderNext = n) || (roll >= 0 && roll < plan.ReorderedPerMille);
        for (var i = 0; i < (doubled ? 2 : 1); i++)
            world.Scheduler.After(Arrival(host, letter, late) - world.Scheduler.Now, () => Arrive(letter, late, arrive));
    }

    private void Arrive(Letter letter, bool late, Func<bool, bool> arrive)
    {
        if (!arrive(late))
            world.Trace($"lost     {letter}");
    }

    /// <summary>In order, but for those that are late on purpose.</summary>
    private long Arrival(SimHost host, Letter letter, bool late)
    {
        var at = world.Scheduler.Now + (chance.Between(world.Plan.LinkUs.Least, world.Plan.LinkUs.Most) * 10);
        if (late)
            return at + chance.Spread(SimScheduler.Ms(1), SimScheduler.Ms(20_000));
        if (letter.IsOrder)
            return host.LastOrderAt = Math.Max(at, host.LastOrderAt + 1);
        return host.LastReportAt = Math.Max(at, host.LastReportAt + 1);
    }

    private static bool Take(int left, Action<int> set)
    {
        if (left == 0)
            return false;
        set(left - 1);
        return true;
    }
}
