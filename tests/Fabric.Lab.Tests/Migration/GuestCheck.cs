namespace Fabric.Lab.Tests.Migration;

/// <summary>What the guest says of itself.</summary>
internal static class GuestCheck
{
    /// <summary>It beat, its counters never went back, and it never found a page that is not what it wrote.</summary>
    public static void IsClean(LabFabric fabric, params string[] hosts)
    {
        var beats = hosts.SelectMany(h => fabric.Consoles(h, LabGuest.Vm)).SelectMany(File.ReadLines)
            .Where(
                line =>
                    line.StartsWith("HB ", StringComparison.Ordinal)
                        && line.Contains(" derr=", StringComparison.Ordinal))
            .ToList();
        beats.Count.ShouldBeGreaterThan(0);
        beats.Where(line => !line.Contains(" bad=0 ", StringComparison.Ordinal)).ShouldBeEmpty();
        // A beat that two copies had both written would be two copies that ran.
        beats.Select(line => line.Split(' ')[1]).ToHashSet(StringComparer.Ordinal).Count.ShouldBe(beats.Count);
    }
}
