using System.Globalization;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Faults.Sites;

/// <summary>A part that stays broken until it is mended: whatever happens, it is.</summary>
internal abstract class MendedPart(TimeProvider time) : ILabPart
{
    /// <inheritdoc/>
    public async Task<(string What, Task Mended)> BreakAsync(
        FaultCase fault, Task since, CancellationToken cancellation)
    {
        var (what, mend) = await BeginAsync(fault);
        var seconds = fault.For.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return ($"{what} for {seconds} s", MendAsync(since, fault.For, mend, cancellation));
    }

    /// <summary>Breaks it; what was done, and what mends it.</summary>
    protected abstract Task<(string What, Func<Task> Mend)> BeginAsync(FaultCase fault);

    /// <summary>iproute2's programs, in a namespace.</summary>
    protected static Task InAsync(string place, string program, params IEnumerable<string> arguments) =>
        ProcessTool.DoAsync(program, ["-n", place, .. arguments]);

    private async Task MendAsync(Task since, TimeSpan length, Func<Task> mend, CancellationToken cancellation)
    {
        try
        {
            await since.WaitAsync(cancellation);
            await Task.Delay(length, time, cancellation);
        }
        finally
        {
            await mend();
        }
    }
}
