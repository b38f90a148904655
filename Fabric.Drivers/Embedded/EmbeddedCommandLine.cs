using System.Globalization;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Embedded;

/// <summary>
/// The arguments of one embedded hypervisor. A shell puts it into the background and gives it the starter's pipe as
/// descriptor 3, so that the starter reads <c>ready</c> (or why not) and then the pipe's end, as it hears from a QEMU
/// that goes into the background by itself. The arguments are the shell's own "$@": it reads no text of a user.
/// </summary>
internal static class EmbeddedCommandLine
{
    /// <summary>What runs the line.</summary>
    public const string Shell = "/bin/sh";

    /// <summary>What the process says when it can be talked to.</summary>
    public const string ReadyWord = "ready";

    private const string Background = "\"$@\" 3>&1 1>>\"$0\" 2>&1 </dev/null &";

    /// <summary>Everything after the shell's name.</summary>
    public static IReadOnlyList<string> Of(VmSpec spec, StartMode mode, QemuDirectory directory, EmbeddedOptions options)
    {
        var line = new List<string> { "-c", Background, directory.Log };
        line.AddRange(options.Command);
        line.AddRange(
        [
            "--name", spec.Id.Value,
            "--program", spec.Program!,
            "--memory", string.Create(CultureInfo.InvariantCulture, $"{spec.MemoryKiB}KiB"),
            "--monitor", directory.Monitor,
            "--monitor", directory.OutOfBandMonitor,
            "--monitor", directory.ObserverMonitor,
            "--serial", directory.Serial,
            "--console-log", directory.ConsoleLog,
            QemuProcessFile.PidFileOption, directory.PidFile,
            "--paused",
            "--daemon",
        ]);
        if (mode == StartMode.Incoming)
            line.Add("--incoming");
        return line;
    }
}
