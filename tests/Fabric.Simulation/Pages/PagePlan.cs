namespace Fabric.Simulation.Pages;

/// <summary>Guests' memory and page stores in a run.</summary>
/// <param name="Pages">Of each guest.</param>
/// <param name="Keep">Stores stay after a migration, and sources write checkpoints.</param>
/// <param name="QuotaGuests">Guests that the stores of a host have room for.</param>
public sealed record PagePlan(int Pages, bool Keep, int QuotaGuests)
{
    /// <summary>Draws one; null where a run has no page stores.</summary>
    internal static PagePlan? Draw(Engine.Chance chance) => !chance.OneIn(3)
        ? null
        : new PagePlan(6 + chance.Below(9), !chance.OneIn(4), chance.OneIn(3) ? 1 + chance.Below(2) : 8);
}
