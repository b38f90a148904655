using System.Globalization;
using Fabric.Host.Cli;
using Fabric.Host.Client;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Own;
using Fabric.Host.Faults.Plan;
using Fabric.Host.Faults.Report;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Hocon;
using Fabric.Transport.Security;

namespace Fabric.Host.Faults;

/// <summary>Reads a plan, and runs it or says what it would do.</summary>
internal static class FaultsCommand
{
    public static async Task<int> RunAsync(
        FaultsOptions options, CliContext cli, bool json, CancellationToken cancellation)
    {
        var output = new Output(cli, json);
        FaultPlan plan;
        try
        {
            plan = FaultPlanReader.Read(options.PlanFile, cli.Environment);
        }
        catch (SettingsException e)
        {
            return output.Fail(FaultsExit.Usage, "bad-plan", e.Message, "'fabric faults plan' prints one that works.");
        }
        catch (HoconException e)
        {
            return output.Fail(FaultsExit.Usage, "bad-plan", e.Message, "'fabric faults plan' prints one that works.");
        }

        plan = plan with { Hypervisor = options.Hypervisor ?? plan.Hypervisor, Sites = options.Sites ?? plan.Sites };
        if (plan.Contradiction is { } contradiction)
            return output.Fail(FaultsExit.Usage, "bad-plan", contradiction, null);
        var only = options.Only ?? "";
        var chosen = plan with
        {
            // What such a lab does not have is left out, as what makes no sense is.
            Cases =
            [
                .. plan.Cases.Where(c => c.Id.Contains(only, StringComparison.Ordinal) && (plan.HasNetwork || !c.IsOfNetwork)),
            ],
            Own = plan.Own is { } own
                ? own with { Cases = [.. own.Cases.Where(c => c.Name.Contains(only, StringComparison.Ordinal))] }
                : null,
        };
        if (chosen.Cases.Count == 0 && chosen.Own is null or { Cases.Count: 0 })
            return output.Fail(
                FaultsExit.Usage, "no-case", $"No case of plan '{plan.Name}' has '{only}' in its name.",
                "Those of source-network and target-network are between sites only: --sites two.");
        if (options.DryRun)
            return DryRun(chosen, cli, json);
        if (chosen is { IsBetweenSites: true, Own: null } && !Environment.IsPrivilegedProcess)
            return output.Fail(
                FaultsExit.Usage, "not-root", "A lab of two sites is made of network namespaces, which takes root.",
                "Run it as root, or without --sites two (plan.sites); --dry-run says without root what it would do.");
        if (chosen.Own is { Confirm: false } && !options.Yes)
        {
            return output.Fail(
                FaultsExit.NotConfirmed, "not-confirmed",
                $"This plan moves {chosen.Own.Vm} between your hosts and breaks things there.",
                "Look at --dry-run; then say --yes, or confirm = true in the plan.");
        }

        return await LabGuard.RunAsync(
            "faults", cancelled => RunAsync(chosen, options, cli, json, cancelled), cancellation);
    }

    private static int DryRun(FaultPlan plan, CliContext cli, bool json)
    {
        var lines = plan.Own is { } own
            ? own.Cases.Select(c => new PlannedCase(c.Name, CaseWords.Of(c))).ToList()
            : [.. plan.Cases.Select(c => new PlannedCase(c.Id, CaseWords.Of(c, plan.IsBetweenSites)))];
        new Output(cli, json).Write(
            new PlannedRun(plan.Name, OnOf(plan), lines), PlannedJson.Default.PlannedRun, writer =>
            {
                writer.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Plan '{plan.Name}' on {OnOf(plan)}, {lines.Count} cases; nothing is run:"));
                var table = new TextTable("CASE", "WHAT");
                foreach (var line in lines)
                    table.Add(line.Case, line.What);
                table.WriteTo(writer);
            });
        return FaultsExit.Held;
    }

    private static string OnOf(FaultPlan plan) => plan.Own is { } own
        ? $"{own.Api} ({string.Join(", ", own.Hosts)})"
        : FaultNames.WordOf(plan.Hypervisor) + (plan.IsBetweenSites ? " between two sites" : "");

    private static async Task<int> RunAsync(
        FaultPlan plan, FaultsOptions options, CliContext cli, bool json, CancellationToken cancellation)
    {
        if (options.ReportFolder is { } folder)
            ReportFiles.Prepare(folder);
        void Write(FaultReport written)
        {
            if (options.ReportFolder is { } to)
                ReportFiles.Write(to, written);
        }

        var screen = new SuiteScreen(LabConsole.For(json));
        FaultReport report;
        if (plan.Own is { } own)
        {
            using var certificate = CertificateFiles.Load(own.Ca, own.Certificate, own.Key, cli.Time);
            using var client = new FabricClient(own.Api, new PeerPolicy(certificate, cli.Time));
            var cases = own.Cases.Select(c => OwnCaseOf(c, plan, client, cli.Time)).ToList();
            report = await new FaultSuite(cases, screen, cli.Time).RunAsync(plan.Name, OnOf(plan), Write, cancellation);
        }
        else
        {
            var lab = LabOf(plan, options);
            var facts = await LabMachines.Hypervisor(lab, cli.Time).ProbeAsync(cancellation);
            var on = $"{FaultNames.WordOf(plan.Hypervisor)} {facts.Version} ({facts.Accelerator})"
                + (plan.IsBetweenSites ? ", between two sites" : "");
            await using var sites = plan.IsBetweenSites ? new SitesCases(lab, plan.HasNetwork, cli.Time) : null;
            var cases = plan.Cases.Select(c => LabCaseOf(c, lab, sites, cli.Time)).ToList();
            report = await new FaultSuite(cases, screen, cli.Time).RunAsync(plan.Name, on, Write, cancellation);
        }

        screen.Sum(report);
        if (json)
            await cli.Out.WriteLineAsync(report.ToJson());
        return report.ExitCode;
    }

    private static LabOptions LabOf(FaultPlan plan, FaultsOptions options) => new()
    {
        Hypervisor = plan.Hypervisor,
        GuestDirectory = options.GuestDirectory,
        MemoryBytes = plan.MemoryBytes,
        DiskFillBytes = plan.DiskBytes,
        BandwidthBytesPerSecond = plan.BandwidthBytesPerSecond,
        QemuBinary = options.QemuBinary,
        Keep = options.Keep,
        SettleWithin = plan.SettleWithin,
    };

    private static SuiteCase LabCaseOf(FaultCase fault, LabOptions lab, SitesCases? sites, TimeProvider time) => new(
        fault.Id, $"{FaultNames.WordOf(fault.Who)} {FaultNames.WordOf(fault.Action)}", FaultNames.WordOf(fault.At),
        CaseWords.Of(fault, sites is not null),
        async cancellation =>
        {
            var began = time.GetTimestamp();
            var quiet = new CaseScreen(LabConsole.Quiet(), time);
            var report = sites is null
                ? await LoopbackCase.RunAsync(lab, fault, quiet, time, cancellation)
                : await sites.RunAsync(fault, quiet, cancellation);
            return CaseResult.Of(fault, report, time.GetElapsedTime(began));
        },
        (problem, took) => CaseResult.NotCarriedOut(fault, problem, took));

    private static SuiteCase OwnCaseOf(OwnCase one, FaultPlan plan, FabricClient client, TimeProvider time) => new(
        one.Name, one.Name, FaultNames.WordOf(one.At), CaseWords.Of(one),
        cancellation => new OwnRun(plan.Own!, one, plan.SettleWithin, client, time).RunAsync(cancellation),
        (problem, took) => new CaseResult
        {
            Id = one.Name,
            Fault = one.Name,
            Stage = FaultNames.WordOf(one.At),
            Verdict = Verdict.NotCarriedOut,
            Problem = problem,
            DurationMs = took.TotalMilliseconds,
        });
}
