using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Fabric.Host.Demo;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;

namespace Fabric.Lab.Tests.Faults;

/// <summary>
/// <c>fabric faults run</c> as a user runs it: real processes, in a lab of its own and on hosts that are there.
/// </summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed class FaultsTests : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(8);
    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly string _directory = Directory.CreateTempSubdirectory("fabric-faults-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>
    /// The lost guest is the hardest to judge: it must be said to be lost, and a new start must work.
    /// </summary>
    [Fact]
    public async Task A_plan_runs_and_its_reports_say_what_came_of_it()
    {
        var reports = Path.Combine(_directory, "reports");
        await RunAsync("""
            plan {
              name = lab, hypervisor = qemu
              cases = [
                { who = source-vm, action = kill, stage = pre-copy }
                { who = target-agent, action = kill, stage = storage-sync }
                { who = journal, action = disk-full, stage = stop-and-copy, for = 2s }
              ]
            }
            """, "--report", reports);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(reports, "report.json")));
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().ToList();
        cases.Select(c => c.GetProperty("verdict").GetString()).ShouldBe(["Held", "Held", "Held"], cases[1].ToString());
        cases[0].GetProperty("outcome").GetString().ShouldBe("lost");
        cases[0].GetProperty("rules").EnumerateArray().Count(r => r.GetProperty("held").GetBoolean()).ShouldBe(15);
        // A disk's copy that is broken in the middle goes on, and nothing of it is left.
        cases[1].GetProperty("broke").GetProperty("stage").GetString().ShouldBe("storage-sync");
        cases[1].GetProperty("outcome").GetString().ShouldBe("completed");
        cases[2].GetProperty("timeline").GetProperty("fault").GetProperty("toMs").GetDouble().ShouldBeGreaterThan(0);
        XDocument.Load(Path.Combine(reports, "junit.xml")).Descendants("testcase").Count().ShouldBe(3);
        (await File.ReadAllTextAsync(Path.Combine(reports, "report.html"))).ShouldContain(
            "journal.disk-full.stop-and-copy");
    }

    /// <summary>
    /// The address moves though the target cannot turn to it at first; and a target's agent that dies under the last copy.
    /// </summary>
    [Fact]
    public async Task A_plan_runs_between_two_sites_and_the_address_answers_from_one_place()
    {
        var report = await RunAsync("""
            plan {
              name = sites, hypervisor = qemu, sites = two, vm.bandwidth = 4MB
              cases = [
                { who = target-network, action = refuse, stage = stop-and-copy, for = 3s }
                { who = target-agent, action = kill, stage = stop-and-copy }
              ]
            }
            """, "--json");
        var cases = report.GetProperty("cases").EnumerateArray().ToList();
        cases.Select(c => c.GetProperty("verdict").GetString()).ShouldBe(["Held", "Held"], report.ToString());
        cases[0].GetProperty("outcome").GetString().ShouldBe("completed");
        cases[0].GetProperty("broke").GetProperty("what").GetString().ShouldNotBeNull().ShouldContain("renamed");
        foreach (var one in cases)
        {
            var rules = one.GetProperty("rules").EnumerateArray()
                .ToDictionary(r => r.GetProperty("name").GetString()!, StringComparer.Ordinal);
            rules.ContainsKey("oneWriter").ShouldBeTrue();
            // "N questions, N answered, N answers left hosts"
            var seen = rules["oneAddress"].GetProperty("seen").GetString()!.Split(' ');
            int.Parse(seen[2], CultureInfo.InvariantCulture).ShouldBeGreaterThan(50);
            int.Parse(seen[4], CultureInfo.InvariantCulture).ShouldBeGreaterThan(50);
        }
    }

    [Fact]
    public async Task Hosts_that_are_there_are_broken_by_the_plan_s_own_commands_and_mended()
    {
        var options = new LabOptions { GuestDirectory = Path.GetDirectoryName(LabEnvironment.Kernel) };
        using var directory = LabDirectory.Make(keep: false);
        await using var cluster = LabCluster.Start(directory, options, Host.Configuration.FaultStage.Off, Time);
        using var fabric = new FabricOperator(cluster.Api, cluster.Certificates, Time);
        using var guard = new CancellationTokenSource(HangGuard);
        while ((await fabric.ConnectedHostsAsync(guard.Token)).Count < 2)
            await Task.Delay(50, guard.Token);
        var facts = await LabMachines.Hypervisor(options, Time).ProbeAsync(guard.Token);
        var spec = LabMachines.Spec(LoopbackCase.VmName, options, facts);
        await fabric.StartVmAsync(spec, LabCluster.Source, guard.Token);
        while (!await fabric.IsRunningAsync(spec.Id, guard.Token))
            await Task.Delay(50, guard.Token);

        var node = cluster.Nodes[LabCluster.Target].ProcessId!.Value.ToString(CultureInfo.InvariantCulture);
        var plan = $$"""
            plan.own {
              api = "{{cluster.Api}}"
              ca = "{{cluster.Certificates}}/ca.crt"
              cert = "{{cluster.Certificates}}/operator.crt", key = "{{cluster.Certificates}}/operator.key"
              vm = {{LoopbackCase.VmName}}, hosts = [{{LabCluster.Source}}, {{LabCluster.Target}}]
              cases = [
                { name = "target's node is stopped", at = pre-copy, for = 2s
                  break = ["/bin/kill", "-STOP", {{node}}], mend = ["/bin/kill", "-CONT", {{node}}] }
                { name = cancelled, at = pre-copy, ask = cancel, for = 100ms }
              ]
            }
            """;
        (await RunAsync(plan, "--json", "--yes")).ShouldSatisfyAllConditions(
            r => r.GetProperty("held").GetInt32().ShouldBe(2),
            r => r.GetProperty("cases")[1].GetProperty("outcome").GetString().ShouldBe("rolled-back"),
            r => r.GetProperty("cases")[1].GetProperty("afterwards").EnumerateArray().Count().ShouldBe(2));
    }

    private async Task<JsonElement> RunAsync(string plan, params string[] arguments)
    {
        var file = Path.Combine(_directory, "plan.conf");
        await File.WriteAllTextAsync(file, plan);
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(DemoCommand).Assembly.Location);
        foreach (var argument in new[] { "faults", "run", "--plan", file }.Concat(arguments))
            start.ArgumentList.Add(argument);
        start.Environment["FABRIC_HOME"] = LabEnvironment.Root;
        using var suite = Process.Start(start)!;
        var errors = suite.StandardError.ReadToEndAsync();
        var output = await suite.StandardOutput.ReadToEndAsync().WaitAsync(HangGuard);
        await suite.WaitForExitAsync();
        suite.ExitCode.ShouldBe(0, $"{output}\n{await errors}");
        if (!arguments.Contains("--json", StringComparer.Ordinal))
            return default;
        using var document = JsonDocument.Parse(output);
        return document.RootElement.Clone();
    }
}
