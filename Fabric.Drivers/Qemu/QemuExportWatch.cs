using System.Text.Json;
using Fabric.Drivers.Qmp;

namespace Fabric.Drivers.Qemu;

/// <summary>Tells when exports are gone: QEMU answers an order to delete one before it has done so.</summary>
internal sealed class QemuExportWatch
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    /// <summary>Completes with the next news that this export is gone.</summary>
    public Task Gone(string id)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(id, out var waiting))
                _waiting[id] = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task;
        }
    }

    /// <summary>Takes an event in.</summary>
    public void Take(QmpEvent happened)
    {
        if (!string.Equals(happened.Name, "BLOCK_EXPORT_DELETED", StringComparison.Ordinal)
            || happened.Data.ValueKind != JsonValueKind.Object
            || !happened.Data.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.String)
            return;
        lock (_gate)
        {
            if (_waiting.Remove(id.GetString()!, out var waiting))
                waiting.TrySetResult();
        }
    }

    /// <summary>Nobody waits for it any more.</summary>
    public void Forget(string id)
    {
        lock (_gate)
            _waiting.Remove(id);
    }
}
