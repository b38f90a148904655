using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// <c>calc-dirty-rate</c>, by sampled pages: its other way, the dirty bitmap, ends QEMU 7.2 without KVM, and counts
/// nothing in 10.0. Its answer is in MiB a second, so what a guest writes in less than 1 MiB a second is not seen.
/// </summary>
internal sealed class QemuDirtyRate(QemuMonitors monitors, TimeProvider time)
{
    private const int PagesPerMebibyte = (1 << 20) / Limits.Guest.PageSize;

    /// <summary>Measures for an interval, rounded up to whole seconds.</summary>
    public async Task<DirtyingSeen> MeasureAsync(TimeSpan interval, CancellationToken cancellation)
    {
        var seconds = Math.Clamp((int)Math.Ceiling(interval.TotalSeconds), 1, Limits.Convergence.DirtyRateSecondsMax);
        await monitors.ExecuteAsync(
            "calc-dirty-rate", new JsonObject { ["calc-time"] = seconds, ["mode"] = "page-sampling" }, cancellation);
        var left = Limits.Convergence.DirtyRateLooksMax;
        await Task.Delay(TimeSpan.FromSeconds(seconds), time, cancellation);
        while (left-- > 0)
        {
            var answer = await monitors.ExecuteAsync("query-dirty-rate", null, cancellation);
            if (Rate(answer) is { } rate)
                return new DirtyingSeen(Exact(answer) ?? rate * PagesPerMebibyte * seconds, TimeSpan.FromSeconds(seconds));
            await Task.Delay(TimeSpan.FromMilliseconds(Limits.Convergence.DirtyRateLookMs), time, cancellation);
        }

        throw new HypervisorException(HypervisorFault.NoAnswer, "'calc-dirty-rate' did not come to an end.");
    }

    // The embedded hypervisor counts, and says how many.
    private static long? Exact(JsonElement answer) =>
        answer.TryGetProperty("x-fabric-pages", out var pages) && pages.TryGetInt64(out var n) && n >= 0 ? n : null;

    private static long? Rate(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object || !answer.TryGetProperty("status", out var status))
            throw new HypervisorException(HypervisorFault.BadMonitor, "'query-dirty-rate' was answered without a status.");
        return status.ValueEquals("measured") && answer.TryGetProperty("dirty-rate", out var rate)
            && rate.TryGetInt64(out var mebibytes) && mebibytes >= 0
            ? mebibytes
            : null;
    }
}
