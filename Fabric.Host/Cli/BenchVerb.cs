using System.CommandLine;
using Fabric.Host.Bench.Wan;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Hocon;
using Fabric.Host.Impair;

namespace Fabric.Host.Cli;

/// <summary><c>fabric bench</c>: comparisons on this machine, as ratios within one run.</summary>
internal static class BenchVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "bench";

    /// <summary>The comparison with QEMU alone.</summary>
    public const string WanName = "wan";

    private const int RoundsMax = 100;

    public static Command Create(CliContext cli) =>
        new(Name, "Compare on this machine, as ratios within one run") { Wan(), StrategiesVerb.Create(cli), SitesBenchVerb.Create() };

    private static Command Wan()
    {
        var line = new Option<ImpairSettings>("--wan")
        {
            Description = "The line's rate each way, round trip and loss",
            HelpName = "100mbit,50ms[,0.1%]",
            DefaultValueFactory = _ => new WanBenchOptions().Line,
            CustomParser = result =>
            {
                if (ImpairText.TryWan(result.Tokens[0].Value, out var wan))
                    return wan;
                result.AddError($"--wan '{result.Tokens[0].Value}' is not a line: write for instance 100mbit,50ms.");
                return null;
            },
        };
        var guests = new Option<string[]>("--only") { Description = "Only these guests; may be repeated", HelpName = "guest" };
        guests.AcceptOnlyFromAmong([.. WanGuest.All.Select(g => g.Word)]);
        var memory = new Option<long>("--memory")
        {
            Description = "The guest's memory",
            HelpName = "size",
            DefaultValueFactory = _ => new WanBenchOptions().MemoryBytes,
            CustomParser = result =>
            {
                if (HoconUnits.TrySize(result.Tokens[0].Value, out var bytes, out _) && bytes is > 0 and <= long.MaxValue)
                    return (long)bytes;
                result.AddError($"--memory '{result.Tokens[0].Value}' is not a size: write for instance 512MiB.");
                return 0;
            },
        };
        var cut = UnitOptions.Duration("--cut", "How long the line is cut, half-way");
        var parts = new Option<WanPart[]>("--part") { Description = "Only this part; may be repeated", HelpName = "part" };
        parts.AcceptOnlyFromAmong([.. Enum.GetNames<WanPart>().Select(n => n.ToLowerInvariant())]);
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often the broken moves, the ways back and the throughput are measured; medians are compared",
            DefaultValueFactory = _ => new WanBenchOptions().Rounds,
        };
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > RoundsMax)
                result.AddError(FormattableString.Invariant($"--rounds is a number from 1 to {RoundsMax}."));
        });
        var hypervisor = new Option<string>("--hypervisor")
        {
            Description = "What runs the guests: there is nothing of its own to compare with but QEMU's",
            DefaultValueFactory = _ => FaultNames.WordOf(HypervisorKind.Qemu),
        };
        hypervisor.AcceptOnlyFromAmong(FaultNames.WordOf(HypervisorKind.Qemu));
        var qemu = new Option<string>("--qemu")
        {
            Description = "The QEMU program",
            DefaultValueFactory = _ => new WanBenchOptions().QemuBinary,
        };
        var guest = new Option<string?>("--guest") { Description = "Folder with the guest's vmlinux and initrd.cpio" };
        var report = new Option<string?>("--report") { Description = "Also write wan.json and wan.html there", HelpName = "folder" };
        var keep = new Option<bool>("--keep") { Description = "Leave the directories with the fabric's journals and logs" };
        var json = Output.JsonOption();
        var command = new Command(
            WanName,
            "Move the same guests over the same line by each of QEMU's own ways and through the fabric: bytes on the "
            + "wire, time, downtime and processor time of each. Needs QEMU; takes about a quarter of an hour.")
        {
            hypervisor, line, guests, parts, memory, cut, rounds, qemu, guest, report, keep, json,
        };
        command.SetAction((parsed, cancellation) => WanCommand.RunAsync(
            new WanBenchOptions
            {
                Line = parsed.GetValue(line)!,
                MemoryBytes = parsed.GetValue(memory),
                Guests = parsed.GetValue(guests) ?? [],
                Cut = parsed.GetValue(cut) is { } ms ? TimeSpan.FromMilliseconds(ms) : new WanBenchOptions().Cut,
                Parts = parsed.GetValue(parts) ?? [],
                Rounds = parsed.GetValue(rounds),
                Keep = parsed.GetValue(keep),
                QemuBinary = parsed.GetValue(qemu)!,
                GuestDirectory = parsed.GetValue(guest),
            },
            parsed.GetValue(report), parsed.GetValue(json), cancellation));
        return command;
    }
}
