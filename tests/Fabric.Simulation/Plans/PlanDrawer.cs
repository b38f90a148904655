using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.Pages;

namespace Fabric.Simulation.Plans;

/// <summary>Draws a whole run from one seed.</summary>
public static class PlanDrawer
{
    /// <summary>Where a fault hurts most is drawn more often.</summary>
    private static readonly StageKind[] Stages =
        [.. FaultCells.Stages, StageKind.StopAndCopy, StageKind.Commitment, StageKind.RollingBack, StageKind.PreCopy];

    /// <summary>After these, the rare stages come: a target lost after the commit, or about to be.</summary>
    private static readonly FaultKind[] Openers = [FaultKind.VmKilled, FaultKind.PowerLost, FaultKind.AgentKilled];

    public static Plan Draw(long seed, bool faults = true)
    {
        var chance = Chance.For(seed, 0);
        var hosts = 2 + (chance.OneIn(2) ? 0 : chance.Below(4));
        var vms = chance.OneIn(2) ? 1 : 1 + chance.Below(4);
        var noisy = faults && chance.OneIn(3);
        var plan = new Plan
        {
            Seed = seed,
            Hosts = hosts,
            Vms = vms,
            LocalDisks = (seed >> 3) % 2 == 0 ? 0b0101_0101 : 0b1010_1010,
            LinkUs = chance.Below(4) switch { 0 => (50, 300), 1 => (200, 2_000), 2 => (2_000, 8_000), _ => (10_000, 40_000) },
            LostPerMille = noisy ? chance.Below(40) : 0,
            DoubledPerMille = noisy ? chance.Below(40) : 0,
            ReorderedPerMille = noisy ? chance.Below(40) : 0,
            RoundMs = chance.OneIn(3) ? (200, 900) : (10, 120),
            RoundsMax = 1 + chance.Below(4),
            Policy = Policy(chance),
            // Of a chance of its own, so that what each seed draws besides stays what it was.
            Networks = Chance.For(seed, 8).Below(3) == 0 ? 0b1111_1111 : 0,
            Refills = !Chance.For(seed, 7).OneIn(4),
            Moves = [.. Enumerable.Range(0, vms).SelectMany(vm => Enumerable.Range(0, 1 + chance.Below(3))
                .Select(_ => new Move(vm, chance.Spread(1, 2_000), 1 + chance.Below(hosts - 1))))],
        };
        plan = plan with { Pages = PagePlan.Draw(Chance.For(seed, 8)) };
        return faults ? plan with { Faults = Faults(chance, vms) } : plan;
    }

    private static MigrationPolicy Policy(Chance chance) => new()
    {
        AttemptsMax = 1 + chance.Below(3),
        AttemptBackOffMs = chance.Spread(100, 1_000),
        DeadlineMs = chance.OneIn(8) ? chance.Spread(1_000, 30_000) : 3_600_000,
        SwitchoverTimeoutMs = chance.Spread(500, 60_000),
        HostReturnMs = chance.Spread(1_000, 30_000),
        FenceWaitMs = chance.Spread(500, 10_000),
        OrderRetryMs = 1_000,
    };

    private static List<Fault> Faults(Chance chance, int vms)
    {
        var faults = RareStages(chance, vms);
        var many = chance.Below(8) switch { 0 => 0, 1 or 2 => 1, 3 or 4 => 2, 5 => 3, 6 => 4, _ => 5 + chance.Below(5) };
        for (var i = 0; i < many; i++)
        {
            var (kind, role) = chance.Of(FaultCells.All);
            var when = chance.Below(3) == 0
                ? new Trigger(0, StageKind.Unstarted, chance.Spread(1_000, 15_000_000))
                : new Trigger(0, chance.Of(Stages), chance.Spread(1, 2_000_000));
            faults.Add(Make(chance, vms, kind, role, when));
        }

        return faults;
    }

    /// <summary>
    /// What leads into stages that are seldom met by chance, and something there: a hold or a reversal after the commit, a
    /// roll-back without its target, the moments in which a guest runs again and its coordinator does not know yet, and a
    /// source that dies unseen with the target complete; orders of an attempt that arrive after the next one; and an
    /// operator's word that a coordinator hears when it has a successor.
    /// </summary>
    private static List<Fault> RareStages(Chance chance, int vms)
    {
        var vm = chance.Below(vms);
        var (kind, role) = chance.Of(FaultCells.All);
        var roll = chance.Below(70);
        var guestEnds = chance.OneIn(2) ? FaultKind.GuestCrashes : FaultKind.GuestShutsDown;
        var faults = new List<Fault>();
        if (roll is < 10 or >= 64)
        {
            var late = chance.OneIn(2) ? StageKind.OnHold : StageKind.Reversal;
            Add(chance.Of(Openers), Role.Target, chance.OneIn(2) ? StageKind.Commitment : StageKind.Activation, 20_000, null);
            Add(kind, role, late, 1_000_000, null);
            for (var i = 0; i < 3; i++)
            {
                (kind, role) = chance.Of(FaultCells.All);
                Add(kind, role, late, 1_000_000, null);
            }
        }
        else if (roll < 15)
        {
            Add(FaultKind.LinkCut, Role.Target, StageKind.PreCopy, 10, 90_000);
            Add(FaultKind.Cancelled, Role.Operator, StageKind.PreCopy, 50_000, null);
            Add(kind, role, StageKind.DiscardingTarget, 1_000_000, null);
            if (chance.OneIn(2))
            {
                // A target that does not hear that its source gave up still waits for it.
                Add(FaultKind.DataCut, Role.Target, StageKind.PreCopy, 1_000, 90_000);
                Add(FaultKind.VmKilled, Role.Target, StageKind.DiscardingTarget, 500_000, null);
            }
        }
        else if (roll == 15)
        {
            Add(FaultKind.ReportsCut, Role.Source, StageKind.StopAndCopy, 10, 5_000);
            Add(FaultKind.TransferFails, Role.Source, StageKind.StopAndCopy, 3_000, null);
            Add(guestEnds, Role.Source, StageKind.StopAndCopy, 400_000, null);
        }
        else if (roll == 16)
        {
            Add(FaultKind.VmKilled, Role.Target, StageKind.Commitment, 10, null);
            Add(FaultKind.ReportsCut, Role.Source, StageKind.Reversal, 10, 5_000);
            Add(guestEnds, Role.Source, StageKind.Reversal, 400_000, null);
        }

        else if (roll is 17 or 18)
        {
            Add(FaultKind.MonitorHangs, Role.Source, StageKind.StopAndCopy, 10_000, 2_000);
            Add(FaultKind.Cancelled, Role.Operator, StageKind.StopAndCopy, 20_000, null);
            Add(FaultKind.VmKilled, Role.Source, StageKind.StopAndCopy, 100_000, null);
            Add(kind, role, StageKind.OnHold, 1_000_000, null);
        }
        else if (roll is 19 or 20)
        {
            Add(FaultKind.AgentStopped, Role.Source, StageKind.StopAndCopy, 100_000, 3_000);
            Add(FaultKind.TransferFails, Role.Source, StageKind.StopAndCopy, 500_000, null);
            Add(FaultKind.VmKilled, Role.Source, StageKind.StopAndCopy, 1_500_000, null);
            Add(kind, role, StageKind.OnHold, 1_000_000, null);
        }
        else if (roll is >= 21 and < 24)
        {
            Add(FaultKind.DataReset, Role.Source, StageKind.PreCopy, 50_000, null);
            Add(FaultKind.DataReset, Role.Source, StageKind.PreCopy, 50_000, null);
            Add(FaultKind.MailReordered, chance.OneIn(2) ? Role.Source : Role.Target, StageKind.RollingBack, 1_000, null);
        }
        else if (roll == 24)
        {
            Add(FaultKind.VmKilled, Role.Target, StageKind.Reservation, 200_000, null);
            Add(guestEnds, Role.Target, StageKind.Commitment, 100_000, null);
        }
        else if (roll is >= 25 and < 29)
        {
            Add(FaultKind.VmKilled, Role.Target, chance.OneIn(2) ? StageKind.Commitment : StageKind.Activation, 20_000, null);
            Add(FaultKind.CoordinatorReplaced, Role.Coordinator, StageKind.OnHold, 100_000, null);
            Add(FaultKind.Recovered, Role.Operator, StageKind.OnHold, 2_000_000, null);
        }

        return faults;

        void Add(FaultKind what, Role whom, StageKind stage, long withinUs, long? lastsMs)
        {
            var fault = Make(chance, vms, what, whom, new Trigger(0, stage, chance.Spread(1, withinUs))) with { Vm = vm };
            faults.Add(lastsMs is { } ms ? fault with { LastsMs = ms } : fault);
        }
    }

    private static Fault Make(Chance chance, int vms, FaultKind kind, Role role, Trigger when) => new(
        kind, role, when,
        kind == FaultKind.CoordinatorReplaced ? chance.Spread(8_000, 80_000) : chance.Spread(20, 2 * FaultCells.UsualMs(kind)),
        1 + chance.Below(4),
        chance.Below(vms));
}
