using System.Text;
using Fabric.Drivers.Linux;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// The private directory of one machine and the files in it:
/// <code>
/// qmp.sock     monitor for commands and events
/// oob.sock     monitor for out-of-band commands, connected before anything can hang
/// disks.sock   disks, for a copy (NBD), while one is under way
/// observe.sock monitor that Fabric itself never uses: for who watches from outside, such as the fault suite
/// serial.sock  the guest's serial port, for whoever wants to attach
/// console.log  what the guest wrote there
/// qemu.log     what QEMU itself wrote
/// qemu.pid     its pid, written and locked by QEMU
/// process.json pid, start tick and boot: written by us once QEMU is up
/// </code>
/// </summary>
public sealed class QemuDirectory
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int AnythingForOthers = 0x3F;

    /// <summary>Names the files; makes nothing.</summary>
    public QemuDirectory(string path) => Path = System.IO.Path.TrimEndingDirectorySeparator(path);

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Main monitor.</summary>
    public string Monitor => In("qmp.sock");

    /// <summary>Out-of-band monitor.</summary>
    public string OutOfBandMonitor => In("oob.sock");

    /// <summary>Monitor for an observer from outside; one at a time.</summary>
    public string ObserverMonitor => In("observe.sock");

    /// <summary>The guest's serial port.</summary>
    public string Serial => In("serial.sock");

    /// <summary>Where its disks are served.</summary>
    public string Disks => In("disks.sock");

    /// <summary>Console output.</summary>
    public string ConsoleLog => In("console.log");

    /// <summary>QEMU's own output.</summary>
    public string Log => In("qemu.log");

    /// <summary>QEMU's pid file.</summary>
    public string PidFile => In("qemu.pid");

    /// <summary>Our note of the process.</summary>
    public string ProcessFile => In("process.json");

    /// <summary>Makes the directory, or checks one that exists: ours alone, and no link to elsewhere.</summary>
    /// <exception cref="HypervisorException">It cannot be used.</exception>
    public void Prepare()
    {
        if (UnixSocketPath.NameFault(Serial) is { } fault)
            throw Unusable(fault);
        if (OperatingSystem.IsWindows())
            throw new PlatformNotSupportedException("QEMU is driven on Linux only.");
        try
        {
            Directory.CreateDirectory(Path, Private);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e.Message);
        }

        if (FileFacts.Of(Path) is not { IsDirectory: true } facts)
            throw Unusable($"'{Path}' is not a directory");
        if (facts.Owner != LibC.EffectiveUser())
            throw Unusable($"'{Path}' belongs to user {facts.Owner}");
        if ((facts.Mode & AnythingForOthers) != 0)
            throw Unusable($"'{Path}' is open to others; its mode must be 0700");
    }

    /// <summary>The end of QEMU's log; empty when there is none.</summary>
    public string LogTail()
    {
        try
        {
            using var log = File.OpenRead(Log);
            log.Seek(-Math.Min(log.Length, Limits.Qemu.LogTailBytes), SeekOrigin.End);
            Span<byte> tail = stackalloc byte[Limits.Qemu.LogTailBytes];
            return Encoding.UTF8.GetString(
                tail[..log.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false)]).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static HypervisorException Unusable(string why) =>
        new(HypervisorFault.DidNotStart, $"The machine's directory cannot be used: {why}.");

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
