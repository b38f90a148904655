using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// The shell around <see cref="MigrationMachine"/>: recover, decide, persist, act, answer. A commit goes into the
/// migration's stream and the VM's in one transaction; the VM's actor is then told to read its stream again.
/// </summary>
public sealed class MigrationActor(
    MigrationId id, IJournal journal, IHostLinks hosts, HoldPoint? hold, Deciders deciders, SiteMap sites)
    : PersistentActor<MigrationState, MigrationEvent>(journal)
{
    private const string WakeTimer = "wake";

    private readonly List<IDisposable> _subscriptions = [];
    private WanLink? _link;
    private LineClaim? _claimed;
    private LineSight? _shown;

    /// <inheritdoc/>
    protected override StreamId PersistenceId { get; } = FabricEvents.StreamOf(id);

    /// <inheritdoc/>
    protected override MigrationState InitialState => MigrationState.Initial;

    /// <inheritdoc/>
    protected override MigrationState Evolve(MigrationState state, MigrationEvent @event) =>
        MigrationEvolution.Evolve(state, @event);

    /// <inheritdoc/>
    protected override bool IsDurable(MigrationEvent @event) => @event is not SightEvent;

    /// <inheritdoc/>
    protected override async ValueTask RecoveredAsync()
    {
        // Not stopped here: the message that woke it would only wake it again, and again.
        if (!IsUnderWay)
            return;
        // What is durable may never have been told: the crash came in between.
        TellVm();
        _subscriptions.Add(Context.System.EventStream.Subscribe<HostUp>(Self));
        _subscriptions.Add(Context.System.EventStream.Subscribe<HostDown>(Self));
        // Stage 0 was entered by the VM's transaction.
        await HeldAsync();
        var plan = ((Begun)State.Stage).Plan;
        _link = sites.Between(plan.Source, plan.Target);
        await StepAsync(new Resumed());
        // Before any report: without a place on its link nothing may move.
        if (_link is not null)
            await StepAsync(new LineSeen(LineSight.Unheard(_link)));
    }

    /// <inheritdoc/>
    protected override ValueTask PostStop()
    {
        foreach (var subscription in _subscriptions)
            subscription.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ReceiveAsync(object message)
    {
        if (!IsUnderWay)
        {
            AnswerWhenOver(message);
            return ValueTask.CompletedTask;
        }

        switch (message)
        {
            case LineSeen seen when seen.Line != _shown:
                _shown = seen.Line;
                Context.System.EventStream.Publish(new MigrationLine(id, seen.Line));
                return StepAsync(seen);
            case MigrationInput input:
                return StepAsync(input);
            case HostReported { Report: ProgressReport progress } report when IsFrom(report.Host, Side.Source):
                Context.System.EventStream.Publish(
                    new MigrationProgress(id, progress.Stamp.Attempt, progress.Progress));
                if (_link is not null && progress.Progress.Link is { } carried)
                    Context.System.Entity(EntityKinds.WanLink, _link.Name).Tell(new LineCarried(id, carried));
                return ValueTask.CompletedTask;
            case HostReported report:
                return StepAsync(new Reported(report.Host, report.Report));
            case HostUp up when IsFrom(up.Host, Side.Source):
                return StepAsync(new HostFound(Side.Source));
            case HostUp up when IsFrom(up.Host, Side.Target):
                return StepAsync(new HostFound(Side.Target));
            case HostDown down when IsFrom(down.Host, Side.Source):
                return StepAsync(new HostLost(Side.Source));
            case HostDown down when IsFrom(down.Host, Side.Target):
                return StepAsync(new HostLost(Side.Target));
            case Wake or VmWaits or HostUp or HostDown:
                return ValueTask.CompletedTask;
            case Describe:
                Sender.Tell(State);
                return ValueTask.CompletedTask;
            default:
                throw new ArgumentOutOfRangeException(nameof(message), message, "not a message for a migration");
        }
    }

    private async ValueTask StepAsync(MigrationInput input)
    {
        var asker = Sender;
        var vmVersion = State.VmVersion;
        var time = Context.System.Time;
        var decision = deciders.Migration(State, input, time.GetUtcNow(), hold?.Pending);
        var began = time.GetTimestamp();
        try
        {
            // A hold writes nothing for days. A coordinator that was stopped, and wakes with an operator's word in its
            // hands, may write it and die; nobody else would ever tell this one.
            if (input is Woken)
                await ReadOnAsync();
            await PersistAsync(decision.Events, VmAppend(decision, vmVersion));
        }
        catch (Exception e)
        {
            // It says whether anything was written, which is more than a time-out would.
            if (input is CancelRequested or RecoverRequested or HostGoneDeclared or TransferAsked)
                asker.Tell(new Failure(e));
            // The VM's stream may hold news all the same: of this append, or of an earlier one that was given up and written
            // late, which is what this one then met.
            TellVm();
            throw;
        }

        var took = time.GetElapsedTime(began);
        Announce(decision);
        foreach (var effect in decision.Effects)
            Run(effect, asker);
        Claim(input);
        if (decision.Events.Any(static e => e is Committed))
            await StepAsync(new CommitNoted(took.TotalMilliseconds));
        if (!await HeldAsync())
            return;

        // What was seen before the hold is old: both ends are asked again, as after a restart. The target first, for
        // its old sight alone could end the migration.
        await StepAsync(new HostLost(Side.Target));
        await StepAsync(new HostLost(Side.Source));
        await StepAsync(new Resumed());
    }

    /// <summary>Tells the link between the sites what it is used for, when that is news, and again at each wake-up.</summary>
    private void Claim(MigrationInput input)
    {
        if (_link is null)
            return;
        var (before, claim) = (_claimed, LineClaim.Of(State));
        _claimed = claim;
        if (claim is not null && (claim != before || input is Woken))
            Context.System.Entity(EntityKinds.WanLink, _link.Name).Tell(new LineClaimed(claim));
        else if (claim is null && before is not null)
            Context.System.Entity(EntityKinds.WanLink, _link.Name).Tell(new LineLeft(id));
    }

    private bool IsUnderWay => State.Stage is Begun { Kind: not StageKind.Over };

    /// <summary>A late report is history; whoever asks gets an answer; then there is nothing to stay for.</summary>
    private void AnswerWhenOver(object message)
    {
        if (message is CancelRequested or RecoverRequested or HostGoneDeclared or TransferAsked)
            Sender.Tell(new OperatorAnswer(false, $"There is no migration {id} under way."));
        else if (message is Describe)
            Sender.Tell(State);
        else if (message is VmWaits)
            TellVm();
        Context.Stop(Self);
    }

    /// <summary>Waits where the fault plan says so; true when it did.</summary>
    private Task<bool> HeldAsync() =>
        hold?.ReachedAsync(State.Stage.Kind, id, Context.System.EventStream) ?? Task.FromResult(false);

    private StreamAppend[] VmAppend(MigrationDecision decision, long vmVersion) => decision.VmEvents.Count == 0
        ? []
        : [new StreamAppend(
            FabricEvents.StreamOf(((Begun)State.Stage).Plan.Spec.Id), vmVersion, [.. decision.VmEvents])];

    private void Announce(MigrationDecision decision)
    {
        MigrationEvent[] durable = [.. decision.Events.Where(IsDurable)];
        // The VM first: who hears that the migration is over may ask the VM for the next one at once.
        if (decision.VmEvents.Count > 0)
        {
            TellVm();
            Context.System.EventStream.Publish(new VmNews(((Begun)State.Stage).Plan.Spec.Id));
        }

        if (durable.Length > 0)
            Context.System.EventStream.Publish(new MigrationNews(id, State.Stage.Kind, durable));
    }

    /// <summary>Only when there may be news: what ended long ago must not stir its VM at every late report.</summary>
    private void TellVm()
    {
        if (State.Stage is Begun begun)
            Context.System.Entity(EntityKinds.Vm, begun.Plan.Spec.Id.Value).Tell(StreamMoved.Now);
    }

    private void Run(MigrationEffect effect, IActorRef asker)
    {
        switch (effect)
        {
            case SendOrder send:
                hosts.TrySend(((Begun)State.Stage).Plan.HostAt(send.Side), send.Order);
                break;
            case WakeAfter wake:
                Timers.StartSingle(WakeTimer, new Woken(), TimeSpan.FromMilliseconds(wake.Milliseconds));
                break;
            case AnswerOperator answer:
                asker.Tell(new OperatorAnswer(answer.Accepted, answer.Text));
                break;
            case Protocol.Retire:
                Context.Stop(Self);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(effect), effect, "not an effect of a migration");
        }
    }

    private bool IsFrom(HostId host, Side side) => State.Stage is Begun begun && begun.Plan.HostAt(side) == host;
}
