using System.Runtime.CompilerServices;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// What happened, until its one reader takes it. Bounded: only the newest progress is kept; when full, the oldest
/// round goes, then the oldest state that a later one of its kind has replaced. So the last run state, the last phase
/// and the exit always arrive.
/// </summary>
internal sealed class MachineEventQueue(int max)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<MachineEvent> _waiting = [];
    private readonly SemaphoreSlim _filled = new(0, 1);
    private bool _ended;

    /// <summary>Adds one; nothing after the end.</summary>
    public void Add(MachineEvent happened)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            if (happened is ProgressMade)
                Remove(e => e is ProgressMade);
            while (_waiting.Count >= max && (Remove(e => e is RoundEnded) || RemoveReplaced(happened)))
            {
            }

            _waiting.AddLast(happened);
            _ended = happened is MachineExited;
            Wake();
        }
    }

    /// <summary>Takes them one after the other; ends after the exit.</summary>
    public async IAsyncEnumerable<MachineEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            MachineEvent? next = null;
            lock (_gate)
            {
                if (_waiting.First is { } first)
                {
                    next = first.Value;
                    _waiting.RemoveFirst();
                }
                else if (_ended)
                {
                    Wake();
                    yield break;
                }
            }

            if (next is null)
                await _filled.WaitAsync(cancellation);
            else
                yield return next;
        }
    }

    private void Wake()
    {
        if (_filled.CurrentCount == 0)
            _filled.Release();
    }

    private bool Remove(Func<MachineEvent, bool> which)
    {
        for (var node = _waiting.First; node is not null; node = node.Next)
        {
            if (which(node.Value))
            {
                _waiting.Remove(node);
                return true;
            }
        }

        return false;
    }

    private bool RemoveReplaced(MachineEvent happened)
    {
        var kinds = _waiting.Append(happened).Select(e => e.GetType()).ToList();
        return Remove(e => kinds.Count(k => k == e.GetType()) > 1);
    }
}
