using System.Globalization;
using System.Text.RegularExpressions;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// The arguments of one QEMU. No shell reads them, but QEMU splits many at commas, so whatever comes from outside is
/// either a whole argument that QEMU takes literally, or its commas are doubled.
/// <para>
/// <c>-daemonize</c>: QEMU forks into a session of its own, so neither a signal to the agent's process group nor the
/// agent's end reaches it, and its parent returns only when the machine is ready, with an error and the reason when a
/// device is refused. Its later words go to <c>-D</c>.
/// </para>
/// <para>
/// <c>-action shutdown=pause,panic=pause</c>: QEMU stays when its guest turns off or panics, so an agent tells that
/// from a crash of QEMU; it ends such a process itself. A reboot stays a reboot.
/// </para>
/// <para>
/// <c>-sandbox</c> takes system calls away that no machine needs. Forbidding processes altogether (spawn=deny) and
/// new privileges (elevateprivileges=deny) is not possible together with <c>-daemonize</c>, as found by trying.
/// </para>
/// </summary>
internal static partial class QemuCommandLine
{
    /// <summary>Everything after the program's name.</summary>
    public static IReadOnlyList<string> Of(
        VmSpec spec, StartMode mode, QemuDirectory directory, QemuOptions options, HypervisorFacts facts)
    {
        var line = new List<string>();
        line.AddRange(Firmware(options));
        line.AddRange(
        [
            "-name", $"guest={spec.Id.Value}",
            "-no-user-config", "-nodefaults",
            "-sandbox", "on,obsolete=deny,resourcecontrol=deny",
            "-display", "none",
            "-machine", spec.Machine,
            "-accel", IsKvm(facts) ? "kvm" : "tcg,thread=multi",
            "-m", string.Create(CultureInfo.InvariantCulture, $"{spec.MemoryKiB}K"),
            "-smp", spec.Vcpus.ToString(CultureInfo.InvariantCulture),
            "-S",
            "-action", "shutdown=pause,panic=pause",
            "-daemonize", QemuProcessFile.PidFileOption, directory.PidFile, "-D", directory.Log,
        ]);
        line.AddRange(Socket("qmp0", directory.Monitor));
        line.AddRange(["-mon", "chardev=qmp0,mode=control"]);
        line.AddRange(Socket("qmp1", directory.OutOfBandMonitor));
        line.AddRange(["-mon", "chardev=qmp1,mode=control"]);
        line.AddRange(Socket("qmp2", directory.ObserverMonitor));
        line.AddRange(["-mon", "chardev=qmp2,mode=control"]);
        line.AddRange(Socket("ser0", directory.Serial, $",logfile={Escaped(directory.ConsoleLog)},logappend=on"));
        line.AddRange(["-serial", "chardev:ser0"]);
        AddBoot(line, spec);
        foreach (var device in spec.Devices)
            AddDevice(line, device);
        if (spec.Network is { Kind: not NetworkKind.None } network)
            line.AddRange(Card(network));
        if (mode == StartMode.Incoming)
            line.AddRange(["-incoming", "defer"]);
        return line;
    }

    /// <summary>Where firmware is, for every call of the program.</summary>
    public static IEnumerable<string> Firmware(QemuOptions options) =>
        options.FirmwareDirs.SelectMany(d => new[] { "-L", d });

    /// <summary>The model of a <c>-device</c> argument.</summary>
    public static string ModelOf(string device)
    {
        var model = device.Split(',', 2)[0];
        return model.StartsWith("driver=", StringComparison.Ordinal) ? model["driver=".Length..] : model;
    }

    /// <summary>
    /// Whether properties undo what the model's name promises: the last <c>driver=</c> wins over the first word, and
    /// <c>romfile=</c> puts a file of the host before the guest's eyes.
    /// </summary>
    public static bool ReachesIntoHost(string device) => device.Split(',').Skip(1).Any(property =>
        property.Contains('/', StringComparison.Ordinal)
        || property.TrimStart().StartsWith("driver", StringComparison.OrdinalIgnoreCase)
        || (property.Contains("romfile", StringComparison.OrdinalIgnoreCase)
            && !string.Equals(property, "romfile=", StringComparison.Ordinal)));

    internal static bool IsKvm(HypervisorFacts facts) =>
        string.Equals(facts.Accelerator, "kvm", StringComparison.Ordinal);

    private static void AddBoot(List<string> line, VmSpec spec)
    {
        // The target takes the same files: after the move the guest may reboot there.
        var given = new[] { ("-kernel", spec.Kernel), ("-initrd", spec.Initrd), ("-append", spec.Append) };
        foreach (var (option, value) in given)
        {
            if (value is not null)
                line.AddRange([option, value]);
        }
    }

    private static void AddDevice(List<string> line, string device)
    {
        // A network card names its back end: a user-mode network, which needs no rights on the host.
        if (NetworkOf().Match(device) is { Success: true } match)
            line.AddRange(["-netdev", $"user,id={match.Groups["id"].Value}"]);
        line.AddRange(["-device", device]);
    }

    // The TAP is there already, made by the one who moves networks, and stays: QEMU only opens it. Names begin with the
    // program's, so that no device of a user has the same. No ROM: the card boots nothing, and a ROM is a file that both
    // hosts would need alike.
    private static string[] Card(NetworkSpec network)
    {
        var mtu = network.Mtu == Limits.Network.MtuDefault
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $",host_mtu={network.Mtu}");
        return
        [
            "-netdev", $"tap,id=fabric-net,ifname={Escaped(network.Tap!)},script=no,downscript=no",
            "-device", $"virtio-net-pci,netdev=fabric-net,mac={network.Mac},romfile=,id=fabric-nic{mtu}",
        ];
    }

    private static IEnumerable<string> Socket(string id, string path, string more = "") =>
        ["-chardev", $"socket,id={id},path={Escaped(path)},server=on,wait=off{more}"];

    private static string Escaped(string value) => value.Replace(",", ",,", StringComparison.Ordinal);

    [GeneratedRegex(",netdev=(?<id>[A-Za-z][A-Za-z0-9_-]{0,31})(,|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NetworkOf();
}
