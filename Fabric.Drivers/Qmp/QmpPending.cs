using System.Text.Json;

namespace Fabric.Drivers.Qmp;

/// <summary>Commands that wait for their answers, by id; bounded, and closed once for all with one reason.</summary>
internal sealed class QmpPending(int max)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TaskCompletionSource<JsonElement>> _waiting = [];
    private HypervisorException? _closed;
    private long _lastId;

    /// <summary>A new id, and the task of its answer.</summary>
    public (long Id, Task<JsonElement> Answer) Add(string command)
    {
        lock (_gate)
        {
            if (_closed is { } reason)
                throw reason.Again();
            if (_waiting.Count >= max)
            {
                throw new HypervisorException(
                    HypervisorFault.NoAnswer, $"'{command}' was not sent: {max} commands wait for an answer already.");
            }

            var waiting = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(++_lastId, waiting);
            return (_lastId, waiting.Task);
        }
    }

    /// <summary>Takes the command out; null when nobody waits under that id (any more).</summary>
    public TaskCompletionSource<JsonElement>? Take(long? id)
    {
        lock (_gate)
            return id is { } known && _waiting.Remove(known, out var waiting) ? waiting : null;
    }

    /// <summary>Fails what waits and all that comes.</summary>
    public void Close(HypervisorException reason)
    {
        TaskCompletionSource<JsonElement>[] waiting;
        lock (_gate)
        {
            _closed ??= reason;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }

        foreach (var one in waiting)
            one.TrySetException(reason.Again());
    }
}
