using System.Collections.Concurrent;
using Fabric.Protocol;
using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Runtime;

/// <summary>
/// The life of one actor: it owns the instance, feeds it one message at a time, and replaces it when it fails.
/// <code>
///   Starting -> Running -> Stopping -> Stopped
///      ^          |           ^
///      +- Restarting (children stop, back-off) -+
/// </code>
/// Everything here except <see cref="Signal"/>, <see cref="Send"/> and <see cref="Stop"/> runs on the actor's lane.
/// The lifecycle half is in <c>ActorCell.Lifecycle.cs</c>.
/// </summary>
internal sealed partial class ActorCell : IActorContext
{
    private readonly SynchronizationContext _lane;
    private readonly ConcurrentQueue<SystemMessage> _systemQueue = new();
    private readonly Props _props;
    private readonly Action<ActorCell, StopCause> _onStopped;
    private readonly ActorTimers _timers;
    private readonly CancellationTokenSource _stopping = new();

    // Completed by the last statement of the cell's life, so continuations may run there. With
    // RunContinuationsAsynchronously a WhenAll or WaitAsync over it would go by the thread pool and leave the lane.
    private readonly TaskCompletionSource _stopped = new();
    private int _scheduled;
    private bool _mailboxTurn;
    private IActorRef? _sender;

    public ActorCell(
        ActorSystem system, LocalRef self, Props props, Mailbox mailbox, Action<ActorCell, StopCause> onStopped)
    {
        System = system;
        Self = self;
        Mailbox = mailbox;
        _props = props;
        _onStopped = onStopped;
        _lane = system.Dispatcher.CreateLane(self.Path);
        _timers = new ActorTimers(this, system.Time);
        Log = system.LoggerFor(self.Path);
    }

    public ActorSystem System { get; }

    public IActorRef Self { get; }

    public IActorRef Sender => _sender ?? System.DeadLetters;

    public ITimers Timers => _timers;

    public ILogger Log { get; }

    public CancellationToken Stopping => _stopping.Token;

    public Mailbox Mailbox { get; }

    public Task Stopped => _stopped.Task;

    public bool IsStopped => Volatile.Read(ref _isStopped);

    public void Send(SystemMessage message)
    {
        _systemQueue.Enqueue(message);
        Signal();
    }

    /// <summary>Puts the actor on its lane unless it is there already. Call after every enqueue.</summary>
    public void Signal()
    {
        if (Interlocked.Exchange(ref _scheduled, 1) == 0)
            _lane.Post(static cell => _ = ((ActorCell)cell!).TurnAsync(), this);
    }

    private async Task TurnAsync()
    {
        try
        {
            for (var i = 0; i < System.Dispatcher.MessagesPerTurn; i++)
                if (!await StepAsync())
                    break;
        }
        catch (Exception exception)
        {
            // User code cannot get here; a fault of the runtime must not take the actor's lane down silently.
            System.Log.RuntimeFault(Self.Path, exception);
        }

        Interlocked.Exchange(ref _scheduled, 0);
        if (HasWork) Signal();
    }

    private bool HasWork =>
        !_systemQueue.IsEmpty || (_phase == Phase.Running && (_timers.HasFired || !Mailbox.IsEmpty));

    private async ValueTask<bool> StepAsync()
    {
        if (_systemQueue.TryDequeue(out var system))
        {
            await HandleAsync(system);
            return true;
        }

        if (_phase != Phase.Running) return false;
        // Timers and mailbox take turns, so neither a busy mailbox nor a short period can starve the other.
        _mailboxTurn = !_mailboxTurn;
        if (_mailboxTurn && await TakeFromMailboxAsync()) return true;
        if (_timers.TryTake(out var due))
        {
            await InvokeAsync(new Envelope(due, Self));
            return true;
        }

        return !_mailboxTurn && await TakeFromMailboxAsync();
    }

    private async ValueTask<bool> TakeFromMailboxAsync()
    {
        if (!Mailbox.TryRead(out var envelope)) return false;
        await InvokeAsync(envelope);
        return true;
    }

    private async ValueTask InvokeAsync(Envelope envelope)
    {
        _sender = envelope.Sender;
        System.OnTurn?.Invoke(Self.Path, envelope.Message);
        try
        {
            await _instance!.DeliverAsync(envelope.Message);
        }
        catch (Exception exception) when (_retired is null)
        {
            await FailAsync(exception);
        }
        catch (Exception exception)
        {
            System.Log.RetiredWith(Self.Path, exception);
        }
        finally
        {
            _sender = null;
        }

        if (_retired is not null && _phase == Phase.Running) await LeaveAsync(_retired);
    }

    private ValueTask HandleAsync(SystemMessage message)
    {
        switch (message)
        {
            case StartMessage:
                return _phase == Phase.Starting ? StartInstanceAsync() : ValueTask.CompletedTask;
            case StopMessage:
                return BeginStopAsync(StopCause.Requested);
            case BackoffElapsedMessage elapsed:
                return OnBackoffElapsedAsync(elapsed.Incarnation);
            case ChildStoppedMessage stopped:
                return OnChildStoppedAsync(stopped.Child);
            case WatchMessage watch when _phase == Phase.Stopped:
                watch.Watcher.Send(new DeathNoticeMessage(watch.As));
                return ValueTask.CompletedTask;
            case WatchMessage watch:
                _watchers[watch.Watcher] = watch.As;
                return ValueTask.CompletedTask;
            case UnwatchMessage unwatch:
                _watchers.Remove(unwatch.Watcher);
                return ValueTask.CompletedTask;
            case DeathNoticeMessage notice:
                return OnDeathNoticeAsync(notice.Actor);
            default:
                throw new InvalidOperationException($"{Self.Path}: unknown system message {message.GetType().Name}.");
        }
    }

    private static string Checked(string name) => ActorPath.Check(name, Limits.Actors.PathElementLengthMax);
}
