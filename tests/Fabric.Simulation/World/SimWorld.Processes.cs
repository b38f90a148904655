using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Plans;

namespace Fabric.Simulation.World;

/// <content>Processes that die, stop, wake and are started again.</content>
internal sealed partial class SimWorld
{
    private static readonly long ServiceRestart = SimScheduler.Ms(1_000);

    /// <summary>A process that cannot read its own file ends, and is started again as by a service manager.</summary>
    public void DiedAtStart(SimCoordinator coordinator) => Scheduler.After(0, () => CrashAndRestart(coordinator));

    public void DiedAtStart(SimHost host, SimAgent agent) => Scheduler.After(0, () => CrashAndRestart(host, agent));

    public void CrashAndRestart(SimCoordinator coordinator)
    {
        if (coordinator != Current)
            return;
        Trace("coordinator ends");
        Disturbed();
        coordinator.Process.Kill();
        Journal.Crash(coordinator.Process, power: false);
        foreach (var host in _hosts)
            Network.Lose(host);
        Scheduler.After(ServiceRestart, StartCoordinator);
    }

    public void CrashAndRestart(SimHost host, SimAgent agent)
    {
        if (host.Agent != agent)
            return;
        Trace($"agent    {host.Id} ends");
        Disturbed();
        KillAgent(host, power: false);
        Scheduler.After(ServiceRestart, () => StartAgent(host));
    }

    private void KillAgent(SimHost host, bool power)
    {
        var agent = host.Agent!;
        agent.Process.Kill();
        host.Agent = null;
        host.Ledger.Crash(agent.Process, power);
        Transfers.AgentDied(host);
        host.StoreDisk?.Crash(power);
        if (power)
            Network.Watch(host);
        else
            Network.Lose(host);
    }

    private void StartAgent(SimHost host)
    {
        if (host.IsUp)
            return;
        Trace($"agent    {host.Id} starts");
        Disturbed();
        host.Agent = NewAgent(host);
        Network.Lose(host);
    }

    private void StopAgent(SimHost host, SimAgent agent, long lasts)
    {
        agent.Process.Stop();
        Transfers.CutBegan(host);
        Network.Watch(host);
        Until(lasts, () =>
        {
            agent.Process.Continue();
            Transfers.CutEnded(host);
            Network.Look(host);
        });
    }

    private void Slow(SimProcess process, long lasts, int count)
    {
        process.SlowTicks = SimScheduler.Ms(10 * count);
        Until(lasts, () => process.SlowTicks = 0);
    }

    private void BreakCoordinator(Fault fault)
    {
        var old = Current!;
        switch (fault.Kind)
        {
            case FaultKind.CoordinatorStopped:
                old.Process.Stop();
                _hosts.ForEach(Network.Watch);
                Until(fault.LastsMs, old.Process.Continue);
                break;
            case FaultKind.CoordinatorReplaced:
                // Its successor comes while it is stopped; it wakes, and believes that it is what it was.
                old.Process.Stop();
                _hosts.ForEach(Network.Watch);
                Until(fault.LastsMs / 4, StartCoordinator);
                Until(fault.LastsMs, old.Process.Continue);
                break;
            default:
                var power = fault.Kind == FaultKind.CoordinatorPowerLost;
                if (fault.Kind == FaultKind.JournalRestored)
                    EndOlder();
                old.Process.Kill();
                Journal.Crash(old.Process, power);
                if (fault.Kind == FaultKind.JournalRestored)
                {
                    _restored = true;
                    _rules.JournalLost();
                    // A backup from before an ownership moved can be refused only by hosts that are heard.
                    Journal.Restore(fault.Count, e => e is OwnershipMoved or VmStartOrdered);
                    ReadAgain();
                }

                foreach (var host in _hosts)
                {
                    if (power)
                        Network.Watch(host);
                    else
                        Network.Lose(host);
                }

                Until(fault.LastsMs, StartCoordinator);
                break;
        }
    }

    private void EndOlder()
    {
        foreach (var old in _coordinators.Where(c => c != Current && c.Process.IsAlive))
        {
            old.Process.Kill();
            Journal.Crash(old.Process, power: false);
        }
    }

    private void StartCoordinator()
    {
        if (Current is { Process.IsStopped: false } || IsOver)
            return;
        Trace("coordinator starts");
        Disturbed();
        _coordinators.Add(new SimCoordinator(this, $"coordinator-{_coordinators.Count + 1}"));
        // Its address is now elsewhere: what was connected to an older one finds out.
        foreach (var host in _hosts)
            Network.Lose(host);
    }
}
