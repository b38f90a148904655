using System.Text.Json;
using Fabric.Host.Faults.Plan;
using Fabric.Host.Tests.Cli;

namespace Fabric.Host.Tests.Faults;

public sealed class FaultsVerbTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly CliRun _cli = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_default_plan_is_printed_as_it_is_read()
    {
        (await _cli.RunAsync("faults plan")).ShouldBe(0);
        _cli.Out.ShouldBe(DefaultPlan.Text());
    }

    [Fact]
    public async Task A_dry_run_says_what_each_case_would_do_and_runs_nothing()
    {
        (await _cli.RunAsync("faults run --dry-run --only journal")).ShouldBe(0);
        _cli.Out.ShouldContain("journal.disk-full.commitment");
        _cli.Out.ShouldContain("fill the disk of the coordinator's journal for 5 s, in commitment");
        (await _cli.RunAsync("faults run --dry-run --json")).ShouldBe(0);
        using var document = JsonDocument.Parse(_cli.Out);
        document.RootElement.GetProperty("cases").GetArrayLength().ShouldBe(168);
    }

    [Fact]
    public async Task Between_sites_networks_are_broken_too_and_links_are_other_ones()
    {
        (await _cli.RunAsync("faults run --hypervisor qemu --sites two --dry-run --json")).ShouldBe(0);
        using var document = JsonDocument.Parse(_cli.Out);
        document.RootElement.GetProperty("on").GetString().ShouldBe("qemu between two sites");
        document.RootElement.GetProperty("cases").GetArrayLength().ShouldBe(184);
        (await _cli.RunAsync("faults run --hypervisor qemu --sites two --dry-run")).ShouldBe(0);
        _cli.Out.ShouldContain("refuse what the target host turns the network with for 8 s, in activation");
        _cli.Out.ShouldContain("lose every packet of one way of the WAN for 5 s, in pre-copy");
        (await _cli.RunAsync("faults run --hypervisor qemu --dry-run --only target-network")).ShouldBe(2);
        _cli.Error.ShouldContain("--sites two");
    }

    [Fact]
    public async Task A_plan_for_own_hosts_runs_only_when_it_is_confirmed()
    {
        var plan = Write("""
            plan.own {
              api = "https://127.0.0.1:1", ca = ca.crt, cert = o.crt, key = o.key, vm = web, hosts = [h1, h2]
              cases = [{ name = cut, at = pre-copy, break = [ssh, h2, "rm it"], mend = ["true"] }]
            }
            """);
        (await _cli.RunAsync($"faults run --plan {plan}")).ShouldBe(3);
        _cli.Error.ShouldContain("--dry-run");
        (await _cli.RunAsync($"faults run --plan {plan} --dry-run")).ShouldBe(0);
        _cli.Out.ShouldContain("in pre-copy, run ssh h2 'rm it', after 5 s, run true");
    }

    [Theory]
    [InlineData("plan { cases = [{ who = target-vm, action = cut }] }", "cases[1].who")]
    [InlineData("plan {", "plan.conf:1")]
    [InlineData("plans {}", "did you mean plan")]
    public async Task A_bad_plan_is_refused_before_anything_starts(string text, string said)
    {
        var plan = Write(text);
        (await _cli.RunAsync($"faults run --plan {plan}")).ShouldBe(2);
        _cli.Error.ShouldContain(said);
        (await _cli.RunAsync($"faults run --plan {plan} --json")).ShouldBe(2);
        using var document = JsonDocument.Parse(_cli.Out);
        document.RootElement.GetProperty("error").GetProperty("code").GetString().ShouldBe("bad-plan");
    }

    [Theory]
    [InlineData("faults run --plan /no/such/plan", 2)]
    [InlineData("faults run --only no-such-case", 2)]
    [InlineData("faults run --hypervisor xen", 2)]
    [InlineData("faults run --sites three", 2)]
    [InlineData("faults run --hypervisor embedded --sites two", 2)]
    [InlineData("faults run --resport x", 2)]
    [InlineData("faults", 2)]
    public async Task A_wrong_command_line_runs_nothing(string line, int exitCode) =>
        (await _cli.RunAsync(line)).ShouldBe(exitCode);

    private string Write(string text)
    {
        var file = Path.Combine(_directory.Path, "plan.conf");
        File.WriteAllText(file, text);
        return file;
    }
}
