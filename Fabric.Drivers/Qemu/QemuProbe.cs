using System.Text.RegularExpressions;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>Asks one installed QEMU what it is.</summary>
internal static class QemuProbe
{
    private const string KvmDevice = "/dev/kvm";
    private const int RegexTimeoutMs = 1000;

    /// <summary>Version, accelerator, machine types.</summary>
    /// <exception cref="HypervisorException">It is missing, or is not a QEMU.</exception>
    public static async Task<HypervisorFacts> AskAsync(
        QemuOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var version = VersionIn(await AskAsync(options, time, cancellation, "--version"))
            ?? throw new HypervisorException(
                HypervisorFault.BadMonitor, $"'{options.Binary}' does not tell a QEMU version.");
        var machines = await AskAsync(options, time, cancellation, "-machine", "help");
        return new HypervisorFacts(version, AcceleratorOf(options), MachinesIn(machines));
    }

    /// <summary>
    /// Whether it has the device. One device is asked for at a time: the list of all makes QEMU load every module, and
    /// one module of another build ends it.
    /// </summary>
    public static async Task<bool> HasDeviceAsync(
        string model, QemuOptions options, TimeProvider time, CancellationToken cancellation) =>
        (await AskAsync(options, time, cancellation, "-machine", "none", "-device", $"{model},help")).Length > 0;

    internal static Version? VersionIn(string text) =>
        Regex.Match(
            text, @"^QEMU emulator version (?<v>\d{1,4}(\.\d{1,4}){1,2})", Plain, Timeout) is { Success: true } match
            ? Version.Parse(match.Groups["v"].Value)
            : null;

    internal static HashSet<string> MachinesIn(string text) =>
        [.. Regex.Matches(text, @"^(?<m>[A-Za-z0-9][\w.+-]*) ", Plain | RegexOptions.Multiline, Timeout)
            .Select(m => m.Groups["m"].Value)];

    private static RegexOptions Plain => RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static TimeSpan Timeout => TimeSpan.FromMilliseconds(RegexTimeoutMs);

    private static string AcceleratorOf(QemuOptions options) => options.Accelerator switch
    {
        QemuAccelerator.Tcg => "tcg",
        QemuAccelerator.Kvm when IsKvmUsable() => "kvm",
        QemuAccelerator.Kvm => throw new HypervisorException(
            HypervisorFault.Missing, $"KVM is asked for, but '{KvmDevice}' cannot be opened for reading and writing."),
        _ => HasVirtualization() && IsKvmUsable() ? "kvm" : "tcg",
    };

    // A KVM without the processor's help behind it (seen in nested machines) opens, and then its guests hang.
    private static bool HasVirtualization() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags",
            StringComparison.Ordinal)) is { } flags
        && flags.Split(' ').Any(f => f is "vmx" or "svm");

    // The node may exist where the kernel has no KVM behind it: only opening it tells.
    private static bool IsKvmUsable()
    {
        try
        {
            using var device = File.OpenHandle(KvmDevice, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return false;
        }
    }

    private static async Task<string> AskAsync(
        QemuOptions options, TimeProvider time, CancellationToken cancellation, params string[] question)
    {
        var timeout = TimeSpan.FromMilliseconds(Limits.Qemu.ProbeTimeoutMs);
        var arguments = QemuCommandLine.Firmware(options).Concat(question);
        var result = await ProgramRun.ToEndAsync(options.Binary, arguments, timeout, time, cancellation);
        return result.ExitCode == 0
            ? result.Output
            : throw new HypervisorException(
                HypervisorFault.BadMonitor,
                $"'{options.Binary} {string.Join(' ', question)}' ended with " +
                $"{result.ExitCode}: {HypervisorText.Cut(result.Errors)}");
    }
}
