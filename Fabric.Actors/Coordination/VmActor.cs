using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>The shell around <see cref="VmMachine"/>.</summary>
public sealed class VmActor(VmId id, IJournal journal, IHostLinks hosts, Deciders deciders)
    : PersistentActor<VmState, VmEvent>(journal)
{
    private const string WakeTimer = "wake";

    private IDisposable? _subscription;

    /// <inheritdoc/>
    protected override StreamId PersistenceId { get; } = FabricEvents.StreamOf(id);

    /// <inheritdoc/>
    protected override VmState InitialState => new NoVm(0);

    /// <inheritdoc/>
    protected override VmState Evolve(VmState state, VmEvent @event) => VmMachine.Evolve(state, @event);

    /// <inheritdoc/>
    protected override ValueTask RecoveredAsync()
    {
        _subscription = Context.System.EventStream.Subscribe<HostUp>(Self);
        return StepAsync(new VmWoken());
    }

    /// <inheritdoc/>
    protected override ValueTask PostStop()
    {
        _subscription?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ReceiveAsync(object message)
    {
        switch (message)
        {
            case VmInput input:
                return StepAsync(input);
            case HostReported { Report: LifeReport report } from:
                return StepAsync(new LifeReported(from.Host, report));
            case HostReported { Report: OrderRefused refused } from:
                return StepAsync(new LifeRefused(from.Host, refused));
            case HostUp up when State is KnownVm vm && vm.Owner == up.Host:
                return StepAsync(new VmWoken());
            case StreamMoved:
                // The next message reads the stream.
                Context.Stop(Self);
                Self.Tell(Wake.Up);
                return ValueTask.CompletedTask;
            case Describe:
                Sender.Tell(State);
                return ValueTask.CompletedTask;
            case Wake or HostUp or HostReported:
                return ValueTask.CompletedTask;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a VM");
        }
    }

    private async ValueTask StepAsync(VmInput input)
    {
        var asker = Sender;
        // Another coordinator may have written while this one believed itself alone.
        if (input is VmWoken)
            await ReadOnAsync();
        var decision = deciders.Vm(State, input, Context.System.Time.GetUtcNow());
        try
        {
            await PersistAsync(decision.Events, MigrationAppend(decision));
        }
        catch (Exception e) when (input is not (LifeReported or LifeRefused or LeftoverSeen or VmWoken))
        {
            // It says whether anything was written, which is more than a time-out would.
            asker.Tell(new Failure(e));
            throw;
        }

        if (decision.Events.Count > 0)
            Context.System.EventStream.Publish(new VmNews(id) { IsGone = decision.Events[^1] is VmDeleted });
        if (decision.Migration is { } begun)
            Context.System.EventStream.Publish(new MigrationNews(begun.Plan.Id, StageKind.PreMigration, [begun]));
        foreach (var effect in decision.Effects)
            Run(effect, decision, asker);
    }

    /// <summary>A migration is born in the transaction that locks its VM.</summary>
    private static StreamAppend[] MigrationAppend(VmDecision decision) => decision.Migration is { } requested
        ? [new StreamAppend(FabricEvents.StreamOf(requested.Plan.Id), 0, [requested])]
        : [];

    private void Run(VmEffect effect, VmDecision decision, IActorRef asker)
    {
        switch (effect)
        {
            case SendLifeOrder send:
                hosts.TrySend(send.Host, send.Order);
                break;
            case VmAnswer answer:
                asker.Tell(new VmReply(answer.Refusal, decision.Migration?.Plan.Id));
                break;
            case WakeMigration wake:
                Context.System.Entity(EntityKinds.Migration, wake.Migration.Value).Tell(VmWaits.Still);
                break;
            case WakeVmAfter wake:
                Timers.StartSingle(WakeTimer, new VmWoken(), TimeSpan.FromMilliseconds(wake.Milliseconds));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of a VM");
        }
    }
}
