using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>What a VM writes, as its host sees it. Nothing of it is durable: who wants to know asks again.</summary>
public sealed partial class FabricService
{
    /// <summary>Has a VM watched for an interval; the answer comes after it.</summary>
    public async Task<DirtyingSample> MeasureDirtyingAsync(VmId vm, int intervalMs, CancellationToken cancellation)
    {
        var known = await GetVmAsync(vm, cancellation);
        using var heard = _system.EventStream.Subscribe<DirtyingMeasured>(Limits.Convergence.WwsSamplesMax);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(intervalMs + Limits.Convergence.WwsAnswerMs);
        if (!_hosts.TrySend(known.Host, new MeasureDirtying(Stamp.OfLife(vm, known.Epoch), intervalMs)))
        {
            throw new FabricException(
                FabricFault.Unavailable, FailureReason.HostNotConnected, $"Host {known.Host} is not connected.");
        }

        try
        {
            await foreach (var measured in heard.Reader.ReadAllAsync(late.Token))
            {
                if (measured.Report is { } report && report.Stamp.Vm == vm)
                {
                    return report.Pages is { } pages
                        ? new DirtyingSample(vm, report.IntervalMs, pages, _system.Time.GetUtcNow())
                        : throw new FabricException(
                            FabricFault.Conflict, null, $"{known.Host} could not measure {vm}: {report.Problem}.");
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Told below.
        }

        throw new FabricException(
            FabricFault.Unavailable, null, $"Host {known.Host} did not answer in time.", "Ask again.");
    }
}
