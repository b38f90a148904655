using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Plan;
using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Faults;

public sealed class PlanTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_default_plan_holds_every_sensible_combination_once()
    {
        var plan = FaultPlanReader.Default();
        var sensible = from who in Enum.GetValues<FaultVictim>()
                       from action in FaultCase.ActionsOf(who)
                       from stage in FaultNames.AllStages
                       select (who, action, stage);
        plan.Cases.Select(c => (c.Who, c.Action, c.At)).ShouldBe(sensible, ignoreOrder: true);
        plan.Cases.Select(c => c.Id).ShouldBeUnique(StringComparer.Ordinal);
        plan.Cases.Count.ShouldBe(184);
        (plan.Sites, plan.Network).ShouldBe((LabSites.None, LabNetwork.Routed));
        plan.Own.ShouldBeNull();
    }

    [Fact]
    public void A_plan_says_only_what_differs()
    {
        var plan = Read("""
            plan {
              name = mine
              vm.memory = 256MiB
              defaults.for = 2s
              cases = [
                { who = [target-vm, data-link], action = [kill, cut], stage = pre-copy }
                { who = node-link, action = slow, stage = [commitment], for = 7s, rate = 5kB }
              ]
            }
            """);
        (plan.Name, plan.MemoryBytes, plan.SettleWithin).ShouldBe(("mine", 256L << 20, TimeSpan.FromMinutes(3)));
        plan.Cases.ShouldBe(
        [
            new FaultCase(FaultVictim.TargetVm, FaultAction.Kill, FaultStage.PreCopy, TimeSpan.Zero, 1_000_000),
            new FaultCase(
                FaultVictim.DataLink, FaultAction.Cut, FaultStage.PreCopy, TimeSpan.FromSeconds(2), 1_000_000),
            new FaultCase(
                FaultVictim.NodeLink, FaultAction.Slow, FaultStage.Commitment, TimeSpan.FromSeconds(7), 5_000),
        ]);
    }

    [Fact]
    public void A_plan_between_sites_has_a_network_unless_it_says_otherwise_and_needs_QEMU()
    {
        var plan = Read("plan { hypervisor = qemu, sites = two }");
        (plan.IsBetweenSites, plan.HasNetwork, plan.Contradiction).ShouldBe((true, true, null));
        Read("plan { hypervisor = qemu, sites = two, vm.network = none }").HasNetwork.ShouldBeFalse();
        Read("plan { hypervisor = qemu }").HasNetwork.ShouldBeFalse();
        Read("plan.sites = two").Contradiction.ShouldNotBeNull().ShouldContain("hypervisor = qemu");
    }

    [Fact]
    public void Repetitions_come_one_round_after_the_other_and_have_names_of_their_own()
    {
        var plan = Read("""
            plan { repetitions = 2, cases = [{ who = [journal, ledger], action = disk-full, stage = activation }] }
            """);
        plan.Cases.Select(c => c.Id).ShouldBe(
        [
            "journal.disk-full.activation", "ledger.disk-full.activation",
            "journal.disk-full.activation#2", "ledger.disk-full.activation#2",
        ]);
    }

    [Theory]
    [InlineData("cases = [{ who = tarqet-vm, action = kill }]", "cases[1].who", "did you mean target-vm")]
    [InlineData("cases = [{ who = target-vm, action = explode }]", "cases[1].action", "'explode' is not one of")]
    [InlineData("cases = [{ who = target-vm, action = kill, stage = off }]", "cases[1].stage", "'off' is not a stage")]
    [InlineData("cases = [{ who = target-vm, action = kill, satge = pre-copy }]", "cases[1].satge", "did you mean")]
    [InlineData("cases = [{ who = target-vm }]", "cases[1].action", "must be set")]
    [InlineData("cases = [{ action = kill }]", "cases[1].who", "must be set")]
    [InlineData("cases = [{ who = [], action = kill }]", "cases[1].who", "is empty")]
    [InlineData("cases = [{ who = target-vm, action = cut }]", "cases[1].who", "it takes kill, stop")]
    [InlineData("cases = [{ who = journal, action = [disk-full, cut] }]", "cases[1].action", "cut can be done to none")]
    [InlineData("cases = [{ who = journal, action = disk-full, for = 99h }]", "cases[1].for", "outside 100ms to 10m")]
    [InlineData("cases = [{ who = data-link, action = slow, rate = fast }]", "cases[1].rate", "is not a size")]
    [InlineData(
        "cases = [{ who = ledger, action = disk-full }, { who = ledger, action = disk-full }]", "cases[2].who",
        "twice")]
    [InlineData("cases = []", "plan.cases", "is empty")]
    [InlineData("cases = kill", "plan.cases", "must be a list of objects")]
    [InlineData("cases = [kill]", "plan.cases", "must be a list of objects")]
    [InlineData("repetitions = 0", "plan.repetitions", "outside 1 to 100")]
    [InlineData("repetitions = 100", "plan.repetitions", "at most 2000")]
    [InlineData("hypervisor = xen", "plan.hypervisor", "is not one of")]
    [InlineData("sites = three", "plan.sites", "is not one of")]
    [InlineData("vm.network = vxlan", "plan.vm.network", "is not one of")]
    [InlineData("cases = [{ who = target-network, action = cut }]", "cases[1].who", "it takes refuse")]
    [InlineData("vm.memory = 1MiB", "plan.vm.memory", "outside")]
    [InlineData("limits.settle = 1s", "plan.limits.settle", "outside")]
    [InlineData("limit.settle = 10s", "plan.limit", "did you mean")]
    [InlineData("defaults.for = never", "plan.defaults.for", "is not a duration")]
    [InlineData("own = {}", "plan.own.api", "must be set")]
    public void What_cannot_be_is_named_with_file_line_and_key(string line, string key, string message)
    {
        var errors = Should.Throw<SettingsException>(() => Read($"plan {{\n  {line}\n}}\n")).Errors;
        var error = errors.First(e => string.Equals(e.Key, key, StringComparison.Ordinal));
        error.Message.ShouldContain(message);
        error.File.ShouldEndWith("plan.conf");
        error.Line.ShouldBeInRange(1, 3);
    }

    [Fact]
    public void All_mistakes_are_found_in_one_reading()
    {
        var errors = Should.Throw<SettingsException>(() => Read("""
            plan {
              name = x
              cases = [
                { who = nobody, action = kill }
                { who = target-vm, action = kill, stage = nowhere }
              ]
            }
            """)).Errors;
        errors.Select(e => (e.Line, e.Key)).ShouldBe([(4, "cases[1].who"), (5, "cases[2].stage")]);
    }

    [Fact]
    public void What_is_not_HOCON_is_named_with_its_place() =>
        Should.Throw<HoconException>(() => Read("plan { cases = [")).Message.ShouldContain("plan.conf:1:");

    [Fact]
    public void A_plan_for_own_hosts_is_read_and_confirms_nothing_by_itself()
    {
        var own = Read(Own()).Own.ShouldNotBeNull();
        own.Confirm.ShouldBeFalse();
        own.Ca.ShouldBe(Path.Combine(_directory.Path, "ca.crt"));
        own.Cases.Count.ShouldBe(2);
        own.Cases[0].Break.ShouldBe(["ssh", "h2", "systemctl", "kill", "-s", "KILL", "fabric-node"]);
        own.Cases[0].For.ShouldBe(TimeSpan.FromSeconds(2));
        own.Cases[1].Ask.ShouldBe(OwnAsk.Cancel);
        own.Cases[1].For.ShouldBe(TimeSpan.FromSeconds(5));
        Read(Own("confirm = true")).Own!.Confirm.ShouldBeTrue();
    }

    [Theory]
    [InlineData("hosts = [h1]", "plan.own.hosts", "two hosts")]
    [InlineData("hosts = [h1, h1]", "plan.own.hosts", "two hosts")]
    [InlineData("hosts = [h1, \"../x\"]", "plan.own.hosts", "not the name of a host")]
    [InlineData("api = \"http://c1\"", "plan.own.api", "https")]
    [InlineData("vm = \"a b\"", "plan.own.vm", "not the name of a VM")]
    [InlineData("cases = []", "plan.own.cases", "is empty")]
    [InlineData("cases = [{ name = x, at = pre-copy }]", "own-cases[1].break", "is missing")]
    [InlineData("cases = [{ name = x, at = [pre-copy, commitment], ask = cancel }]", "own-cases[1].at", "one stage")]
    [InlineData("cases = [{ name = x, at = pre-copy, ask = explode }]", "own-cases[1].ask", "is not one of")]
    [InlineData(
        "cases = [{ name = x, at = pre-copy, ask = cancel, shell = true }]", "own-cases[1].shell", "unknown key")]
    [InlineData("confirm = maybe", "plan.own.confirm", "neither true nor false")]
    public void What_cannot_be_of_own_hosts_is_named(string line, string key, string message) =>
        Should.Throw<SettingsException>(() => Read(Own(line))).Errors
            .First(e => string.Equals(e.Key, key, StringComparison.Ordinal)).Message.ShouldContain(message);

    private static string Own(string more = "") => $$"""
        plan.own {
          api = "https://c1:7600", ca = ca.crt, cert = operator.crt, key = operator.key
          vm = web, hosts = [h1, h2]
          cases = [
            { name = "node killed", at = pre-copy, for = 2s
              break = [ssh, h2, systemctl, kill, -s, KILL, fabric-node]
              mend = [ssh, h2, systemctl, start, fabric-node] }
            { name = "cancelled late", at = stop-and-copy, ask = cancel }
          ]
          {{more}}
        }
        """;

    private FaultPlan Read(string text)
    {
        var file = Path.Combine(_directory.Path, "plan.conf");
        File.WriteAllText(file, text);
        return FaultPlanReader.Read(file, _ => null);
    }
}
