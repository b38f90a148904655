using Fabric.Actors.Agent;
using Fabric.Drivers;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Testing.Scenarios;

namespace Fabric.Simulation.World;

/// <summary>
/// A copy's hands over modelled processes, as the real ones do it: effects one after the other, each of which takes time
/// and may fail; one that fails changes nothing by itself. Nothing here decides.
/// </summary>
internal sealed class SimHands(
    SimWorld world, SimHost host, SimAgent agent, VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report)
    : ICopyHands
{
    private readonly Queue<(CopyEffect Effect, TimeSpan Noted)> _work = new();
    private string? _kept;
    private string? _ticket;
    private BeginTransfer? _connecting;
    private long _connectingUntil;
    private bool _outgoing;
    private bool _adopted;
    private bool _busy;
    private bool _over;
    private long _lastToldAt;
    private TimeSpan? _activating;

    public VmId Vm => vm;

    /// <summary>Nothing of a transfer is held here.</summary>
    public bool IsIdle => _ticket is null && _connecting is null && !_outgoing && _work.Count == 0;

    public Task<MachineLook?> RecoverAsync(HeldCopy copy)
    {
        if (world.Hypervisors.Find(host.Id, copy.Directory) is not { } machine)
            return Task.FromResult<MachineLook?>(null);
        if (world.MonitorHangs(host))
        {
            return Task.FromException<MachineLook?>(
                new HypervisorException(HypervisorFault.NoAnswer, "the monitor does not answer"));
        }

        (_kept, _adopted) = (copy.Directory, true);
        return Task.FromResult<MachineLook?>(Masked(ModelHypervisors.LookAt(machine)));
    }

    public void Run(CopyEffect effect, TimeSpan noted)
    {
        if (_over)
            return;
        if (effect is CancelSending or CloseTransfer or KillMachine)
            Interrupt();
        _work.Enqueue((effect, noted));
        if (!_busy)
            Next();
    }

    /// <summary>A transfer dies with whoever relayed it; the process runs on.</summary>
    public ValueTask DisposeAsync()
    {
        if (_over || !agent.Process.IsAlive)
            return ValueTask.CompletedTask;
        _over = true;
        agent.Forget(this);
        world.Guard(() => EndTransfer(_outgoing || _ticket is not null || _adopted));
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The process said something: what it then shows is looked at after a moment. When it is gone by then, what was told
    /// before it went must not be lost.
    /// </summary>
    public void Looked(ModelMachine machine, MachineLook told) => Later(machine, () =>
    {
        if (machine.Alive)
            Tell(machine.Directory, new MachineSeen(Masked(ModelHypervisors.LookAt(machine))));
        else if (told.Phase is MigrationPhase.Failed or MigrationPhase.Cancelled || told.Run == RunState.Running)
            Tell(machine.Directory, new TransferBroke(FailureReason.SourceTransferFailed, "the hypervisor gave up sending"));
    });

    public void Heard(ModelMachine machine, CopyInput input) => Later(machine, () => Tell(
        machine.Directory, input is MachineVanished gone ? gone with { CanRefill = CanRefill(machine) } : input));

    /// <summary>The way of an incoming process is there: it waits for another one, or nobody has connected yet.</summary>
    private bool CanRefill(ModelMachine machine) => _ticket is not null && world.Hypervisors.Refills
        && (machine.Transfer is null || (machine.Transfer.Vacant && machine.Transfer.Target == machine));

    private void Later(ModelMachine machine, Action act)
    {
        if (!string.Equals(machine.Directory, _kept, StringComparison.Ordinal))
            return;
        var delay = world.MonitorDelay(host);
        _lastToldAt = Math.Max(_lastToldAt + 1, world.Scheduler.Now + delay);
        agent.Process.After(_lastToldAt - world.Scheduler.Now, () =>
        {
            if (!_over)
                act();
        });
    }

    private void Tell(string directory, CopyInput input)
    {
        // A full mailbox would make the real hands wait; the model's never fills one.
        if (!tell(directory, input).IsCompleted)
            throw new InvalidOperationException($"the mailbox of {vm} at {host.Id} is full");
    }

    private void Next()
    {
        if (!_work.TryDequeue(out var next))
        {
            _busy = false;
            return;
        }

        _busy = true;
        agent.Process.After(world.EffectDelay(host, next.Effect), () =>
        {
            if (_over)
                return;
            if (world.Walk?.TakeFailing(next.Effect) == true)
                world.Act(host, vm, next.Effect, () => Fail(next.Effect));
            else if (!world.EffectFails(host, next.Effect))
                world.Act(host, vm, next.Effect, () => Do(next.Effect, next.Noted));
            else if (next.Effect is CancelSending)
                // The monitor hangs: the relay's socket is closed under it, and it fails and resumes by itself.
                world.Act(host, vm, next.Effect, AbortSending);
            if (_connecting is null)
                Next();
        });
    }

    /// <summary>Where the real hands say that something failed, so do these; elsewhere nothing happens.</summary>
    private void Fail(CopyEffect effect)
    {
        if (effect is StartMachine or StartIncoming or RefillIncoming)
        {
            host.RefuseStarts++;
            Do(effect, TimeSpan.Zero);
        }
        else if (effect is StartSending sending)
        {
            Tell(sending.Directory, new TransferBroke(FailureReason.SourceTransferFailed, "it could not begin"));
        }
        else if (effect is WatchDirtying { Order: var measure })
        {
            report(new DirtyingReport(measure.Stamp, measure.IntervalMs, null, "the hypervisor refused"));
        }
    }

    private void Do(CopyEffect effect, TimeSpan noted)
    {
        switch (effect)
        {
            case RunPrecheck e:
                Precheck(e);
                break;
            case StartMachine e:
                if (Start(e.Directory, incoming: false))
                    Look(e.Directory);
                break;
            case StartIncoming e:
                if (Start(e.Directory, incoming: true))
                {
                    _ticket ??= agent.Tickets.Issue(e.Directory, e.Source);
                    Tell(e.Directory, new OfferMade(new TransferOffer(new DataEndpoint(host.Id.Value, 7000), _ticket)));
                }

                break;
            case RefillIncoming e:
                Refill(e);
                break;
            case StartSending e:
                EndTransfer(_outgoing || _ticket is not null);
                _connecting = e.Order;
                _connectingUntil = world.Scheduler.Now + SimScheduler.Ms(Limits.Agent.ConnectPatienceMs);
                Connect(e);
                break;
            case AdjustSending e:
                world.Sends(vm, e.Policy);
                world.Transfers.Adjust(host, e);
                break;
            case WatchDirtying e:
                Watch(e);
                break;
            case TurnNetwork:
                // The simulated world has no network between guests and clients.
                break;
            case ContinueSwitchover e:
                WithMachine(e.Directory, world.Hypervisors.Continue);
                break;
            case CancelSending e:
                WithMachine(e.Directory, world.Hypervisors.Cancel);
                Look(e.Directory);
                break;
            case CloseTransfer:
                EndTransfer(_outgoing || _ticket is not null || _adopted);
                break;
            case RunMachine e:
                _activating = noted;
                WithMachine(e.Directory, m => world.Run(host, m));
                Look(e.Directory);
                break;
            case PowerDownMachine e:
                WithMachine(e.Directory, m => world.Hypervisors.EndGuest(m, RunState.Shutdown));
                break;
            case KillMachine e:
                EndTransfer(_outgoing || _ticket is not null || _adopted);
                Kill(e.Directory);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of hands");
        }
    }

    /// <summary>The answer comes after the interval, for as long as this agent lives; of the copy that was asked for.</summary>
    private void Watch(WatchDirtying e)
    {
        var machine = world.Hypervisors.Find(host.Id, e.Directory);
        var before = machine?.Memory ?? 0;
        agent.Process.After(SimScheduler.Ms(e.Order.IntervalMs), () =>
        {
            var seen = !_over && machine is { Alive: true } && !world.MonitorHangs(host);
            report(new DirtyingReport(
                e.Order.Stamp, e.Order.IntervalMs, seen ? machine!.Memory - before : null, seen ? null : "it was not watched"));
        });
    }

    private void Precheck(RunPrecheck check)
    {
        var obstacles = new List<Obstacle>();
        if (host.Obstacle is { } reason)
            obstacles.Add(new Obstacle(reason, "as the plan says"));
        if (check.Order.Side == Side.Source && check.NotRunning is { } why)
            obstacles.Add(new Obstacle(why, "it does not run here"));
        report(new PrecheckReport(check.Order.Stamp, check.Order.Side, obstacles));
    }

    /// <summary>The transfer goes on to another process, if it still goes on.</summary>
    private void Refill(RefillIncoming e)
    {
        if (string.Equals(_kept, e.Directory, StringComparison.Ordinal) || !Start(e.Directory, incoming: true))
            return;
        if (_ticket is { } ticket && world.Hypervisors.Refill(host.Id, e.Dead, e.Directory))
        {
            agent.Tickets.Move(ticket, e.Directory);
            if (world.Hypervisors.Find(host.Id, e.Directory) is not { Transfer: { } transfer, Phase: MigrationPhase.Active })
                return;
            transfer.Lacks |= world.Plant is { RefillsTooLittle: true };
            Tell(e.Directory, new BytesArrived());
            return;
        }

        Kill(e.Directory, told: false);
        Tell(e.Directory, new MachineFailedToStart(FailureReason.TargetVmDied, "it could not be filled again"));
    }

    private bool Start(string directory, bool incoming)
    {
        if (host.RefuseStarts > 0)
        {
            host.RefuseStarts--;
            Tell(directory, new MachineFailedToStart(FailureReason.TargetDidNotStart, "the process did not start"));
            return false;
        }

        // Run again, it finds what it started. Its first word would come before it is listened to.
        if (!string.Equals(_kept, directory, StringComparison.Ordinal))
            WorldRules.Started(host.Id, host.CopyOf(vm), directory);
        if (!string.Equals(_kept, directory, StringComparison.Ordinal))
            world.Hypervisors.Start(host.Id, vm, directory, incoming);
        _kept = directory;
        return true;
    }

    private void Connect(StartSending e)
    {
        if (_over || _connecting != e.Order)
            return;
        switch (world.Transfers.TryConnect(host, e))
        {
            case ConnectResult.Connected:
                (_connecting, _outgoing) = (null, true);
                break;
            case ConnectResult.Refused:
                _connecting = null;
                Tell(e.Directory, new TransferBroke(FailureReason.DataLinkLost, "the ticket was refused"));
                break;
            case ConnectResult.NoWay when world.Scheduler.Now >= _connectingUntil:
                _connecting = null;
                Tell(e.Directory, new TransferBroke(FailureReason.DataLinkLost, "the target was not reached"));
                break;
            case ConnectResult.NoMachine:
                _connecting = null;
                Tell(e.Directory, new TransferBroke(FailureReason.SourceTransferFailed, "there is no such process"));
                break;
            default:
                agent.Process.After(SimScheduler.Ms(Limits.Agent.ConnectRetryMs), () =>
                {
                    if (_over || _connecting != e.Order)
                        return;
                    world.Act(host, vm, e, () => Connect(e));
                    if (_connecting is null)
                        Next();
                });
                break;
        }
    }

    /// <summary>What waits for a peer must not keep the order to give up waiting.</summary>
    private void Interrupt()
    {
        if (_connecting is not { } order)
            return;
        _connecting = null;
        // It may be on its way already; a right target then turns its ticket down.
        if (world.Plant is { TakesAnyTicket: true } && _kept is { } from)
            world.Transfers.ConnectLate(host, new StartSending(from, order));
        if (_kept is { } directory)
            Tell(directory, new TransferBroke(FailureReason.Cancelled, $"{order.Stamp} was cancelled while it began"));
        Next();
    }

    private void AbortSending()
    {
        world.Hypervisors.CloseRelays(host.Id, vm);
        if (_kept is { } directory)
            Look(directory);
    }

    private void EndTransfer(bool relays)
    {
        if (_ticket is { } ticket)
            agent.Tickets.Revoke(ticket);
        (_ticket, _outgoing, _adopted) = (null, false, false);
        if (relays)
            world.Hypervisors.CloseRelays(host.Id, vm);
    }

    private void Kill(string directory, bool told = true)
    {
        if (world.Hypervisors.Find(host.Id, directory) is { } machine)
            world.KillByOrder(machine);
        if (string.Equals(_kept, directory, StringComparison.Ordinal))
            _kept = null;
        if (told)
            Tell(directory, new MachineVanished("ended by order"));
    }

    private void Look(string directory)
    {
        if (world.Hypervisors.Find(host.Id, directory) is { } machine)
            Looked(machine, ModelHypervisors.LookAt(machine));
    }

    /// <summary>The real hands' command fails when there is no process; the next look or its exit says so.</summary>
    private void WithMachine(string directory, Action<ModelMachine> act)
    {
        if (world.Hypervisors.Find(host.Id, directory) is { } machine)
            act(machine);
    }

    /// <summary>What a process shows of a migration counts only when it is of the one under way.</summary>
    private MachineLook Masked(MachineLook look)
    {
        var ours = _outgoing || _ticket is not null || (_adopted && _connecting is null);
        ActivationTimes? activation = null;
        if (look.Run == RunState.Running && _activating is { } noted)
            (activation, _activating) = (new ActivationTimes(noted.TotalMilliseconds, 1), null);
        return look with { Phase = ours ? look.Phase : MigrationPhase.None, Activation = activation };
    }
}
