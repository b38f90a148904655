using System.Globalization;
using Fabric.Protocol;
using Fabric.Simulation.Pages;

namespace Fabric.Simulation.Plans;

/// <summary>
/// Every fault, alone or with another, at every step of the happy path: each act of a hypervisor or of an agent's hands,
/// each arrival of a message and each durable write is a step. A second fault counts the steps of the run as it then is.
/// </summary>
public sealed class Enumeration
{
    /// <summary>The run that the faults are put into. Short time-outs, so that each of them is met.</summary>
    public static Plan Base { get; } = new()
    {
        Seed = 1,
        Hosts = 3,
        RoundsMax = 1,
        RoundMs = (20, 60),
        Policy = new MigrationPolicy
        {
            AttemptsMax = 2,
            AttemptBackOffMs = 200,
            HostReturnMs = 8_000,
            SwitchoverTimeoutMs = 12_000,
            FenceWaitMs = 2_000,
        },
    };

    /// <summary>Single faults also befall guests with memory and hosts with page stores; for pairs that takes too long.</summary>
    private static readonly PagePlan Memory = new(8, Keep: true, QuotaGuests: 4);

    private readonly int _steps;
    private readonly bool _pairs;

    /// <param name="steps">Steps of the happy path.</param>
    /// <param name="pairs">Two faults in each run.</param>
    public Enumeration(int steps, bool pairs) => (_steps, _pairs) = (steps, pairs);

    /// <summary>A fault at a step, in the order of steps.</summary>
    private long Points => (long)_steps * FaultCells.All.Count;

    public long Count => _pairs ? Points * (Points + 1) / 2 : Points * 2;

    /// <summary>The n-th of all. Singles come twice: as long as is usual, and a twentieth of it.</summary>
    public Plan At(long number)
    {
        if (!_pairs)
            return Single(PointAt(number / 2, number % 2 == 0 ? 1 : 20));
        // Row i of the triangle holds the pairs whose later fault is point i.
        var later = (long)((Math.Sqrt((8.0 * number) + 1) - 1) / 2);
        while (later * (later + 1) / 2 > number)
            later--;
        while ((later + 1) * (later + 2) / 2 <= number)
            later++;
        return Base with { Faults = [PointAt(number - (later * (later + 1) / 2), 1), PointAt(later, 1)] };
    }

    /// <summary>Reads <c>STEP:Kind:Role:MS[,...]</c>, as a failing run prints it.</summary>
    public static Plan Parse(string text) => text.Split(',').Select(ParseFault).ToList() is var faults && faults.Count == 1
        ? Single(faults[0])
        : Base with { Faults = faults };

    private static Plan Single(Fault fault) => Base with { Faults = [fault], Pages = Memory };

    /// <summary>The same the other way.</summary>
    public static string Print(Plan plan) => string.Join(',', plan.Faults.Select(
        f => string.Create(CultureInfo.InvariantCulture, $"{f.When.Step}:{f.Kind}:{f.Role}:{f.LastsMs}")));

    private static Fault ParseFault(string text) => text.Split(':') is [var step, var kind, var role, var ms]
        && Enum.TryParse<FaultKind>(kind, out var what) && Enum.TryParse<Role>(role, out var whom)
        ? Make(int.Parse(step, CultureInfo.InvariantCulture), what, whom, long.Parse(ms, CultureInfo.InvariantCulture))
        : throw new FormatException($"'{text}' is not STEP:Kind:Role:MS");

    private static Fault PointAt(long point, int shorter)
    {
        var (kind, role) = FaultCells.All[(int)(point % FaultCells.All.Count)];
        return Make((int)(point / FaultCells.All.Count) + 1, kind, role, FaultCells.UsualMs(kind) / shorter);
    }

    private static Fault Make(int step, FaultKind kind, Role role, long ms) =>
        new(kind, role, new Trigger(step, StageKind.Unstarted, 0), ms, 1, 0);
}
