namespace Fabric.Actors.Runtime;

internal sealed partial class ActorCell
{
    private readonly Dictionary<string, ActorCell> _children = new(StringComparer.Ordinal);
    private readonly Dictionary<ActorCell, IActorRef> _watchers = [];
    private readonly HashSet<IActorRef> _watching = [];

    // Times of the restarts that lie in the policy's window; at most RestartsMax of them.
    private readonly Queue<long> _restarts = new();
    private Phase _phase = Phase.Starting;
    private Actor? _instance;
    private Exception? _failure;
    private Exception? _retired;
    private StopCause _stopCause;
    private ITimer? _backoff;
    private bool _backoffElapsed;
    private int _incarnation;
    private bool _isStopped;

    private enum Phase
    {
        Starting,
        Running,
        Restarting,
        Stopping,
        Stopped,
    }

    public IActorRef ActorOf(Props props, string name)
    {
        ArgumentNullException.ThrowIfNull(props);
        if (_phase is Phase.Stopping or Phase.Stopped)
            throw new InvalidOperationException($"{Self.Path} is stopping; it cannot start {name}.");
        if (_children.ContainsKey(Checked(name)))
            throw new InvalidOperationException($"{Self.Path} already has a child named {name}.");
        var child = Create(System, $"{Self.Path}/{name}", props, (cell, _) => Send(new ChildStoppedMessage(cell)));
        _children.Add(name, child);
        child.Send(new StartMessage());
        return child.Self;
    }

    public void Stop(IActorRef actor)
    {
        if (actor is LocalRef local) local.LiveCell?.Stop();
    }

    public void Watch(IActorRef actor)
    {
        if (!_watching.Add(actor)) return;
        if (actor is LocalRef { LiveCell: { } cell }) cell.Send(new WatchMessage(this, actor));
        else Send(new DeathNoticeMessage(actor));
    }

    public void Unwatch(IActorRef actor)
    {
        if (_watching.Remove(actor) && actor is LocalRef local) local.LiveCell?.Send(new UnwatchMessage(this));
    }

    /// <summary>From any thread.</summary>
    public void Stop()
    {
        try
        {
            _stopping.Cancel();
        }
        catch (AggregateException exception)
        {
            System.Log.HookFailed(Self.Path, nameof(Stopping), exception);
        }

        Send(new StopMessage());
    }

    public void Retire(Exception cause) => _retired ??= cause;

    internal static ActorCell Create(
        ActorSystem system, string path, Props props, Action<ActorCell, StopCause> onStopped)
    {
        var self = new CellRef(system, path);
        var cell = new ActorCell(system, self, props, new Mailbox(props.MailboxCapacity), (stopped, cause) =>
        {
            system.DrainToDeadLetters(stopped.Mailbox, path);
            onStopped(stopped, cause);
        });
        self.Bind(cell);
        return cell;
    }

    private async ValueTask StartInstanceAsync()
    {
        _failure = null;
        try
        {
            _instance = _props.Factory();
            _instance.Attach(this);
            await _instance.StartingAsync();
            _phase = Phase.Running;
        }
        catch (Exception exception) when (_retired is null)
        {
            await FailAsync(exception);
        }
        catch (Exception exception)
        {
            System.Log.RetiredWith(Self.Path, exception);
        }

        if (_retired is not null) await LeaveAsync(_retired);
    }

    public bool Rereads => _props.Supervision.RereadAfter is not null;

    /// <summary>
    /// Not the actor's fault, so not counted as one of its failures: a journal may be full for hours.
    /// </summary>
    private async ValueTask LeaveAsync(Exception cause)
    {
        if (_props.Supervision.RereadAfter is not { } delay)
        {
            await BeginStopAsync(StopCause.Retired);
            return;
        }

        _retired = null;
        System.Log.RereadsAfter(Self.Path, delay, cause);
        await BeginReplaceAsync(cause, delay);
    }

    private async ValueTask FailAsync(Exception exception)
    {
        var directive = _props.Supervision.Decide(exception);
        // There is nothing to resume when the instance never started.
        if (directive == SupervisionDirective.Resume && _phase == Phase.Running)
        {
            System.Log.Resumed(Self.Path, exception);
            return;
        }

        _failure = exception;
        if (directive == SupervisionDirective.Stop || !MayRestart())
            await BeginStopAsync(StopCause.Failed);
        else
            await BeginRestartAsync(exception);
    }

    private bool MayRestart()
    {
        var policy = _props.Supervision;
        while (_restarts.TryPeek(out var at) && System.Time.GetElapsedTime(at) > policy.Window) _restarts.Dequeue();
        return _restarts.Count < policy.RestartsMax;
    }

    private async ValueTask BeginRestartAsync(Exception cause)
    {
        var delay = _props.Supervision.Backoff(_restarts.Count, System.NextChance());
        _restarts.Enqueue(System.Time.GetTimestamp());
        System.Log.Restarting(Self.Path, _restarts.Count, delay, cause);
        System.EventStream.Publish(new ActorRestarting(Self.Path, cause, _restarts.Count, delay));
        await BeginReplaceAsync(cause, delay);
    }

    private async ValueTask BeginReplaceAsync(Exception cause, TimeSpan delay)
    {
        _phase = Phase.Restarting;
        _timers.CancelAll();
        foreach (var child in _children.Values) child.Stop();
        await RunHookAsync(nameof(Actor.RestartingAsync), instance => instance.RestartingAsync(cause));
        _instance = null;
        _backoffElapsed = false;
        var incarnation = ++_incarnation;
        _backoff = System.Time.CreateTimer(
            _ => Send(new BackoffElapsedMessage(incarnation)), null, delay, Timeout.InfiniteTimeSpan);
    }

    private ValueTask OnBackoffElapsedAsync(int incarnation)
    {
        if (_phase != Phase.Restarting || incarnation != _incarnation) return ValueTask.CompletedTask;
        _backoffElapsed = true;
        _backoff?.Dispose();
        return RestartIfReadyAsync();
    }

    private ValueTask OnChildStoppedAsync(ActorCell child)
    {
        _children.Remove(child.Self.Path[(Self.Path.Length + 1)..]);
        return _phase == Phase.Stopping ? FinishStopIfReadyAsync() : RestartIfReadyAsync();
    }

    // Both must be over: the back-off, and the children of the old incarnation (their names are needed again).
    private ValueTask RestartIfReadyAsync() =>
        _phase == Phase.Restarting && _backoffElapsed && _children.Count == 0
            ? StartInstanceAsync()
            : ValueTask.CompletedTask;

    private ValueTask BeginStopAsync(StopCause cause)
    {
        if (_phase is Phase.Stopping or Phase.Stopped) return ValueTask.CompletedTask;
        _phase = Phase.Stopping;
        _stopCause = cause;
        _backoff?.Dispose();
        _timers.CancelAll();
        foreach (var child in _children.Values) child.Stop();
        return FinishStopIfReadyAsync();
    }

    private async ValueTask FinishStopIfReadyAsync()
    {
        if (_children.Count > 0) return;
        await RunHookAsync(nameof(Actor.StoppedAsync), instance => instance.StoppedAsync());
        _instance = null;
        _phase = Phase.Stopped;
        Volatile.Write(ref _isStopped, true);
        foreach (var watched in _watching)
            if (watched is LocalRef local)
                local.LiveCell?.Send(new UnwatchMessage(this));
        // First the name is free again (or the entity has its next incarnation), then the news is told.
        _onStopped(this, _stopCause);
        foreach (var (watcher, self) in _watchers) watcher.Send(new DeathNoticeMessage(self));
        _watchers.Clear();
        if (_stopCause == StopCause.Failed)
        {
            System.Log.Failed(Self.Path, _failure!);
            System.EventStream.Publish(new ActorFailed(Self.Path, _failure!));
        }

        _stopped.TrySetResult();
    }

    private ValueTask OnDeathNoticeAsync(IActorRef actor)
    {
        // Unwatched in between, or told twice: not delivered.
        if (!_watching.Remove(actor) || _phase != Phase.Running) return ValueTask.CompletedTask;
        return InvokeAsync(new Envelope(new Terminated(actor), actor));
    }

    private async ValueTask RunHookAsync(string hook, Func<Actor, ValueTask> run)
    {
        if (_instance is null) return;
        try
        {
            await run(_instance);
        }
        catch (Exception exception)
        {
            // The actor is on its way out already; its clean-up fault must not keep it alive.
            System.Log.HookFailed(Self.Path, hook, exception);
        }
    }
}
