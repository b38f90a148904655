using System.Diagnostics;

namespace Fabric.Host.Faults.Lab;

/// <summary>Processor time that processes take from a moment on. One that is gone at the end is not counted.</summary>
internal sealed class ProcessorTime
{
    private readonly Dictionary<int, TimeSpan> _before;

    private ProcessorTime(Dictionary<int, TimeSpan> before) => _before = before;

    /// <summary>Begins; processes that come later are counted from their start.</summary>
    public static ProcessorTime Begin(IEnumerable<int> processes) =>
        new(processes.ToDictionary(p => p, p => Of(p) ?? TimeSpan.Zero));

    /// <summary>What these have taken since.</summary>
    public double SecondsUntilNow(IEnumerable<int> processes) =>
        processes.Sum(p => Of(p) is { } now ? (now - _before.GetValueOrDefault(p)).TotalSeconds : 0);

    private static TimeSpan? Of(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return found.TotalProcessorTime;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or IOException)
        {
            return null;
        }
    }
}
