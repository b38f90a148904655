using System.CommandLine;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Plan;

namespace Fabric.Host.Cli;

/// <summary><c>fabric faults run</c> and <c>fabric faults plan</c>.</summary>
internal static class FaultsVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "faults";

    /// <summary>The verb that runs cases, which end in their own orderly way.</summary>
    public const string RunName = "run";

    public static Command Create(CliContext cli) => new(
        Name, "Break migrations on purpose, and check that nothing was lost") { Run(cli), Plan(cli) };

    private static Command Run(CliContext cli)
    {
        var plan = new Option<string?>("--plan")
        {
            Description = "The plan (HOCON); without it the default one",
            HelpName = "file",
        };
        var hypervisor = Text("--hypervisor", "What runs the guest, instead of the plan's");
        hypervisor.AcceptOnlyFromAmong([.. FaultNames.HypervisorWords]);
        var sites = Text("--sites", "Where the lab's hosts are, instead of the plan's: two sites with a WAN need root");
        sites.AcceptOnlyFromAmong([.. Enum.GetValues<LabSites>().Select(FaultNames.WordOf)]);
        var only = Text("--only", "Only cases with this in their name, such as target-vm.kill");
        var report = new Option<string?>("--report")
        {
            Description = "Write report.json, junit.xml and report.html there",
            HelpName = "folder",
        };
        var dryRun = Flag("--dry-run", "Say what each case would do, and run nothing");
        var yes = Flag("--yes", "Run a plan for your own hosts though it does not say confirm");
        var guest = Text("--guest", "With QEMU: folder with the guest's vmlinux and initrd.cpio");
        var qemu = new Option<string>("--qemu")
        {
            Description = "The QEMU program",
            DefaultValueFactory = _ => "qemu-system-x86_64",
        };
        var keep = Flag("--keep", "Leave the directories with journals and logs");
        var json = Output.JsonOption();
        var command = new Command(
            RunName, $"Run a plan of faults, in a lab on this machine or on your own hosts.\n\n{FaultsExit.Help}")
        {
            plan, hypervisor, sites, only, report, dryRun, yes, guest, qemu, keep, json,
        };
        command.SetAction((parsed, cancellation) => FaultsCommand.RunAsync(
            new FaultsOptions
            {
                PlanFile = parsed.GetValue(plan),
                Hypervisor = parsed.GetValue(hypervisor) is { } word ? FaultNames.HypervisorOf(word) : null,
                Sites = parsed.GetValue(sites) is { } where ? Enum.Parse<LabSites>(where, ignoreCase: true) : null,
                Only = parsed.GetValue(only),
                ReportFolder = parsed.GetValue(report),
                DryRun = parsed.GetValue(dryRun),
                Yes = parsed.GetValue(yes),
                GuestDirectory = parsed.GetValue(guest),
                QemuBinary = parsed.GetValue(qemu)!,
                Keep = parsed.GetValue(keep),
            },
            cli, parsed.GetValue(json), cancellation));
        return command;
    }

    private static Option<string?> Text(string name, string description) => new(name) { Description = description };

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    private static Command Plan(CliContext cli)
    {
        var command = new Command("plan", "Print the default plan, with every key explained");
        command.SetAction(_ =>
        {
            cli.Out.Write(DefaultPlan.Text());
            return ExitCode.Ok;
        });
        return command;
    }
}
