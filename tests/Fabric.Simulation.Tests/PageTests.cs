using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Pages;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;
using Fabric.Transport.Pages.Store;

namespace Fabric.Simulation.Tests;

/// <summary>Guests' memory over the product's page work and page stores, and what befalls these.</summary>
public sealed class PageTests
{
    [Theory]
    [InlineData("store-not-checked", "rule P2")]
    [InlineData("store-names-earlier-pages", "rule P3")]
    [InlineData("store-quota-ignored", "rule P5")]
    [InlineData("store-never-removed", "rule P5")]
    [InlineData("source-skips-clean-pages", "rule P1")]
    [InlineData("source-trusts-last-attempt", "rule P2")]
    [InlineData("checkpoint-forgets-last-copy", "rule P3")]
    public void A_planted_bug_of_the_stores_is_found_by_the_rule_that_it_breaks(string name, string rule)
    {
        var batch = new Batch(1, Plant.Named(name)) { StopsAtFirst = true };
        batch.Run(400, n => PlanDrawer.Draw(1 + n) is { Pages: not null } plan ? plan : null);
        RunResult.KindOf(batch.Broken.Values.First().Broken.ShouldNotBeNull()).ShouldBe(rule);
    }

    [Fact]
    public void A_guest_that_comes_back_finds_what_it_left()
    {
        var plan = Enumeration.Base with
        {
            Hosts = 2,
            Pages = new PagePlan(12, Keep: true, QuotaGuests: 4),
            Moves = [new Move(0, 10, 1), new Move(0, 10, 1), new Move(0, 10, 1)],
        };
        var run = RunResult.Of(plan, trace: true);
        run.Broken.ShouldBeNull();
        var opened = run.Trace.Where(l => l.Contains(" store ", StringComparison.Ordinal)).ToList();
        opened[0].ShouldContain("opens: New, 0 held");
        opened.Skip(1).ShouldAllBe(l => l.Contains("opens: None, 12 held, 0 damaged", StringComparison.Ordinal));
        opened.Count.ShouldBe(4);
    }

    [Fact]
    public void The_power_can_go_in_any_copy_and_no_guest_gets_a_wrong_page()
    {
        var damaged = 0;
        foreach (var role in new[] { Role.Source, Role.Target })
        {
            for (var step = 32; step <= 56; step++)
            {
                // What a disk keeps depends on the seed.
                var run = RunResult.Of(Enumeration.Parse($"{step}:PowerLost:{role}:600") with { Seed = step }, trace: true);
                run.Broken.ShouldBeNull($"step {step} of the {role}");
                damaged += run.Trace.Count(l => l.Contains(" store ", StringComparison.Ordinal)
                    && l.Contains(" damaged", StringComparison.Ordinal) && !l.Contains(" 0 damaged", StringComparison.Ordinal));
            }
        }

        damaged.ShouldBeGreaterThan(2, "a loss of power is to tear something");
    }

    [Fact]
    public void What_was_not_on_the_disk_is_old_new_or_torn_after_a_loss_of_power()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var seed = 1; seed < 40; seed++)
        {
            var disk = new SimStoreDisk(Chance.For(seed, 1), StoreBug.None, mayLosePower: true);
            disk.Begin("vm");
            disk.Create("vm", "pages", 1024);
            using var file = disk.Open("vm", "pages");
            file.Write(new byte[] { 1 }, 0);
            file.Write(new byte[] { 1 }, 1023);
            disk.Crash(power: true);
            var there = disk.Find("vm")!.Files.GetValueOrDefault("pages");
            seen.Add(there is null ? "gone" : $"{there[0]}{there[1023]}");
            file.Write(new byte[] { 9 }, 0);
            disk.Find("vm")!.Files.GetValueOrDefault("pages")?[0].ShouldNotBe((byte)9, "whoever wrote is dead");
        }

        seen.ShouldBe(["gone", "00", "01", "10", "11"], ignoreOrder: true);
    }

    [Fact]
    public void A_dead_agent_keeps_no_store_from_the_next_one()
    {
        var disk = new SimStoreDisk(Chance.For(1, 1), StoreBug.None, mayLosePower: false);
        var stores = new PageStores(new PageStoreOptions { Directory = "stores" }, disk);
        disk.Begin("vm");
        disk.TryLock("vm").ShouldNotBeNull();
        disk.TryLock("vm").ShouldBeNull();
        disk.Crash(power: false);
        stores.Remove(VmId.Of("vm"));
        disk.Exists("vm").ShouldBeFalse();
    }
}
