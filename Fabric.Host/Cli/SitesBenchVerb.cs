using System.CommandLine;
using Fabric.Host.Bench.Sites;

namespace Fabric.Host.Cli;

/// <summary><c>fabric bench sites</c>: moves between two sites, with disk, network and client.</summary>
internal static class SitesBenchVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "sites";

    private const int RunsMax = 100;

    public static Command Create()
    {
        var usual = new SitesBenchOptions();
        var parts = new Option<SitesPart[]>("--part") { Description = "Only this part; may be repeated", HelpName = "part" };
        parts.AcceptOnlyFromAmong([.. Enum.GetNames<SitesPart>().Select(n => n.ToLowerInvariant())]);
        var runs = new Option<int>("--runs")
        {
            Description = "Undisturbed moves by the fabric, half as many by QEMU alone, and moves within a site; medians are compared",
            DefaultValueFactory = _ => usual.Runs,
        };
        runs.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > RunsMax)
                result.AddError(FormattableString.Invariant($"--runs is a number from 1 to {RunsMax}."));
        });
        var fill = UnitOptions.Size("--fill", "What lies on the guest's disk of 2GiB beside what it writes (512MiB)");
        var memory = UnitOptions.Size("--memory", "The guest's memory (512MiB)");
        var cut = UnitOptions.Duration("--cut", "How long the WAN is cut (30s)");
        var qemu = new Option<string>("--qemu")
        {
            Description = "The QEMU program",
            DefaultValueFactory = _ => usual.QemuBinary,
        };
        var guest = new Option<string?>("--guest") { Description = "Folder with the guest's vmlinux and initrd.cpio" };
        var keep = new Option<bool>("--keep") { Description = "Leave the lab; deploy/lab/down takes it away" };
        var json = Output.JsonOption();
        var command = new Command(
            Name,
            "Move a guest with its disk between two sites of network namespaces, by the fabric and by QEMU alone, also with "
            + "a WAN that is cut and a target that is killed, and one within a site: bytes on the WAN and what a client "
            + "sees. Needs root and QEMU; takes some twenty minutes.")
        {
            parts, runs, fill, memory, cut, qemu, guest, keep, json,
        };
        command.SetAction((parsed, cancellation) => SitesBenchCommand.RunAsync(
            new SitesBenchOptions
            {
                Parts = parsed.GetValue(parts) ?? [],
                Runs = parsed.GetValue(runs),
                BrokenRuns = Math.Min(parsed.GetValue(runs), usual.BrokenRuns),
                FillBytes = parsed.GetValue(fill) ?? usual.FillBytes,
                MemoryBytes = parsed.GetValue(memory) ?? usual.MemoryBytes,
                Cut = parsed.GetValue(cut) is { } ms ? TimeSpan.FromMilliseconds(ms) : usual.Cut,
                QemuBinary = parsed.GetValue(qemu)!,
                GuestDirectory = parsed.GetValue(guest),
                Keep = parsed.GetValue(keep),
            },
            parsed.GetValue(json), cancellation));
        return command;
    }
}
