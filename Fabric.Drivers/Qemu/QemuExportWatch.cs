using System.Text.Json;
using Fabric.Drivers.Qmp;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Tells when exports are gone and jobs are over: QEMU answers an order to end one before it has done so.
/// </summary>
internal sealed class QemuExportWatch
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    /// <summary>Completes with the next news that this export is gone, or this job over.</summary>
    public Task Gone(string id)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(id, out var waiting))
                _waiting[id] = waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return waiting.Task;
        }
    }

    /// <summary>Takes an event in. The names of exports and of jobs are never the same.</summary>
    public void Take(QmpEvent happened)
    {
        if (!IsEnd(happened) || !happened.Data.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.String)
            return;
        lock (_gate)
        {
            if (_waiting.Remove(id.GetString()!, out var waiting))
                waiting.TrySetResult();
        }
    }

    private static bool IsEnd(QmpEvent happened) => happened.Data.ValueKind == JsonValueKind.Object && happened.Name switch
    {
        "BLOCK_EXPORT_DELETED" => true,
        "JOB_STATUS_CHANGE" => happened.Data.TryGetProperty("status", out var status)
            && status.ValueKind == JsonValueKind.String
            && string.Equals(status.GetString(), "concluded", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Nobody waits for it any more.</summary>
    public void Forget(string id)
    {
        lock (_gate)
            _waiting.Remove(id);
    }
}
