using System.Text.Json.Nodes;

namespace Fabric.Embedded.Qmp;

/// <summary>Tells every monitor what happened. Never waits for one of them.</summary>
internal sealed class QmpEvents(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<Action<byte[]>> _monitors = [];

    /// <summary>All monitors hear it, in the order of the calls.</summary>
    public void Tell(string name, JsonObject? data = null)
    {
        lock (_gate)
        {
            var line = QmpText.Event(name, data, time.GetUtcNow());
            foreach (var monitor in _monitors)
                monitor(line);
        }
    }

    /// <summary>A monitor that hears from now on.</summary>
    public void Add(Action<byte[]> monitor)
    {
        lock (_gate)
            _monitors.Add(monitor);
    }

    /// <summary>It has gone.</summary>
    public void Remove(Action<byte[]> monitor)
    {
        lock (_gate)
            _monitors.Remove(monitor);
    }
}
