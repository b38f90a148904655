using System.Globalization;

namespace Fabric.Drivers.Linux;

/// <summary>
/// A process that cannot be mistaken for another: pids are used again, so it is the pid, the tick at which the
/// process started and the boot in which that tick counts.
/// </summary>
/// <param name="ProcessId">Pid.</param>
/// <param name="StartTicks">Clock ticks from boot to the start.</param>
/// <param name="BootId">The kernel's name for this boot.</param>
public sealed record ProcessIdentity(int ProcessId, long StartTicks, string BootId)
{
    // Field 22 of /proc/PID/stat. The name in field 2 may hold anything, so counting begins after its last ')'.
    private const int StartTicksField = 19;

    /// <summary>
    /// The living process of that pid; null when it is known that there is none. A zombie is not alive.
    /// </summary>
    /// <exception cref="HypervisorException">It could not be looked at (too many open files, say): nothing is
    /// known.</exception>
    public static ProcessIdentity? OfLiving(int processId) => OfLiving(processId, File.ReadAllText);

    /// <summary>The same, with the looking handed in: what a failed one means is decided here.</summary>
    internal static ProcessIdentity? OfLiving(int processId, Func<string, string> read)
    {
        try
        {
            var stat = read($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length <= StartTicksField || fields[0] is "Z" or "X" or "x")
                return null;
            var ticks = long.Parse(fields[StartTicksField], CultureInfo.InvariantCulture);
            return new ProcessIdentity(processId, ticks, CurrentBoot());
        }
        catch (IOException e) when (ProcFiles.IsGone(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ProcFiles.Unknown($"process {processId}", e);
        }
    }

    /// <summary>Whether this very process lives.</summary>
    public bool IsAlive() => OfLiving(ProcessId) == this;

    private static string CurrentBoot() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
