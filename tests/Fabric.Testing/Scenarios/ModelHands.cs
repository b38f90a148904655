using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>Runs a copy's effects on the modelled processes. Nothing here decides.</summary>
public sealed class ModelHands(
    HostId host, IScenarioSurroundings world, Action<VmId, string, CopyInput> tell, Action<Report> report)
{
    public void Do(VmId vm, CopyEffect effect)
    {
        switch (effect)
        {
            case RunPrecheck e:
                Precheck(e);
                break;
            case StartMachine e:
                StartProcess(vm, e.Directory, incoming: false);
                break;
            case StartIncoming e:
                if (StartProcess(vm, e.Directory, incoming: true))
                    tell(vm, e.Directory, new OfferMade(OfferOf(e.Directory)));
                break;
            case RefillIncoming e:
                Refill(vm, e);
                break;
            case StartSending e:
                Act(vm, e.Directory, "send", m => Send(m, e.Order));
                break;
            case AdjustSending or WatchDirtying or TurnNetwork:
                // The model's hypervisor sends in rounds that are played, whatever the rate.
                break;
            case ContinueSwitchover e:
                Act(vm, e.Directory, "continue", world.Hypervisors.Continue);
                break;
            case CancelSending e:
                Act(vm, e.Directory, "cancel", world.Hypervisors.Cancel);
                break;
            case CloseTransfer:
                world.Hypervisors.CloseRelays(host, vm);
                break;
            case RunMachine e:
                Act(vm, e.Directory, "run", m => world.Hypervisors.Run(m, granted: true));
                break;
            case PowerDownMachine e:
                Act(vm, e.Directory, "power down", m => world.Hypervisors.EndGuest(m, RunState.Shutdown));
                break;
            case KillMachine e:
                Kill(vm, e.Directory);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of hands");
        }
    }

    private void Precheck(RunPrecheck check)
    {
        var obstacles = world.Host(host).Obstacles.ToList();
        if (check.Order.Side == Side.Source && check.NotRunning is { } reason)
            obstacles.Add(new Obstacle(reason, "it does not run here"));
        report(new PrecheckReport(check.Order.Stamp, check.Order.Side, obstacles));
    }

    private void Refill(VmId vm, RefillIncoming e)
    {
        if (!StartProcess(vm, e.Directory, incoming: true))
            return;
        if (world.Hypervisors.Refill(host, e.Dead, e.Directory))
        {
            world.Say($"machine  {host} refill");
            return;
        }

        world.Hypervisors.End(world.Hypervisors.Find(host, e.Directory)!, "it was not filled");
        tell(vm, e.Directory, new MachineFailedToStart(FailureReason.TargetVmDied, "it was not filled"));
    }

    private bool StartProcess(VmId vm, string directory, bool incoming)
    {
        if (world.Host(host).StartFails)
        {
            world.Host(host).StartFails = false;
            tell(vm, directory, new MachineFailedToStart(FailureReason.TargetDidNotStart, "the process did not start"));
            return false;
        }

        world.Say($"machine  {host} start{(incoming ? " incoming" : "")}");
        world.Hypervisors.Start(host, vm, directory, incoming);
        return true;
    }

    private void Send(ModelMachine machine, BeginTransfer order)
    {
        if (!world.Connect(machine, order))
            tell(
                machine.Vm, machine.Directory,
                new TransferBroke(FailureReason.DataLinkLost, "nobody takes this ticket"));
    }

    private void Kill(VmId vm, string directory)
    {
        var machine = world.Hypervisors.Find(host, directory);
        if (machine is null)
        {
            tell(vm, directory, new MachineVanished("there is no such process"));
            return;
        }

        world.Say($"machine  {host} kill");
        world.KillByOrder(machine);
    }

    private void Act(VmId vm, string directory, string verb, Action<ModelMachine> act)
    {
        if (world.Hypervisors.Find(host, directory) is not { } machine)
        {
            tell(vm, directory, new MachineVanished("there is no such process"));
            return;
        }

        world.Say($"machine  {host} {verb}");
        act(machine);
    }

    private TransferOffer OfferOf(string directory) => new(new DataEndpoint(host.Value, 7000), directory);
}
