using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// What is known of a host: that it once joined (durable), whether it is connected, and what it says of itself.
/// </summary>
public sealed class HostActor(HostId id, IJournal journal, IHostLinks hosts)
    : PersistentActor<HostJoined?, HostEvent>(journal)
{
    private HostFacts? _facts;

    /// <inheritdoc/>
    protected override StreamId PersistenceId { get; } = FabricEvents.StreamOf(id);

    /// <inheritdoc/>
    protected override HostJoined? InitialState => null;

    /// <inheritdoc/>
    protected override HostJoined? Evolve(HostJoined? state, HostEvent @event) => @event switch
    {
        HostJoined joined when state is null => joined,
        _ => throw new InvalidOperationException($"{@event.GetType().Name} cannot happen to {id}"),
    };

    /// <inheritdoc/>
    protected override async ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            case HostIntroduced introduced:
                _facts = introduced.Facts;
                if (State is null)
                    await PersistAsync(new HostJoined(id, Context.System.Time.GetUtcNow()));
                // Whether somebody still needs them, only their VMs know.
                foreach (var vm in (_facts.Leftovers ?? []).Select(static l => l.Vm).OfType<VmId>().Distinct())
                    Context.System.Entity(EntityKinds.Vm, vm.Value).Tell(new LeftoverSeen(id));
                break;
            case PlaceAsked:
                if (_facts is { } facts)
                    Context.System.EventStream.Publish(new HostSaid(id, facts));
                break;
            case Describe:
                Sender.Tell(new HostDescription(id, hosts.IsConnected(id), _facts, State?.At));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a host");
        }
    }
}
