using Fabric.Host.Faults;

namespace Fabric.Host.Bench.Sites;

/// <summary>What the moves of one run come to, beside what is asked of them.</summary>
internal static class SitesBars
{
    /// <summary>WAN bytes of an undisturbed move, by allocated disk and memory after page work.</summary>
    public const double WanOverContentMax = 1.1;

    /// <summary>What a client sees.</summary>
    public const double BlackoutMsMax = 500;

    /// <summary>WAN bytes more with a cut, by the allocated disk.</summary>
    public const double CutExtraMax = 0.03;

    /// <summary>The same with a target's agent killed.</summary>
    public const double KillExtraMax = 0.05;

    /// <summary>What a network of one LAN adds to the VM's own downtime.</summary>
    public const double LanOverMsMax = 20;

    /// <summary>Every bar that these moves have figures for.</summary>
    public static IReadOnlyList<SitesBar> Of(IReadOnlyList<SiteMove> moves, IReadOnlyList<LanMove> lan)
    {
        var bars = new List<SitesBar>();
        var fabric = Of(moves, SiteWay.Fabric, null);
        var qemu = Of(moves, SiteWay.QemuAlone, null);
        if (fabric.Count > 0)
        {
            // QEMU's own bytes are divided by the same: by what there was to send, and not by what QEMU made of it.
            var content = Medians.Of(fabric.Select(ContentOf));
            bars.Add(new SitesBar(
                "wanOverContent", Round(Medians.Of(fabric.Select(m => Share(m.WanBytes, ContentOf(m))))), WanOverContentMax,
                qemu.Count > 0 ? Round(Medians.Of(qemu.Select(m => Share(m.WanBytes, content)))) : null));
            bars.Add(new SitesBar(
                "blackoutMs", Round(Medians.Of(fabric.Select(m => m.BlackoutMs))), BlackoutMsMax,
                qemu.Count > 0 ? Round(Medians.Of(qemu.Select(m => m.BlackoutMs))) : null));
        }

        foreach (var (broke, limit) in new[] { (BrokenSites.Cut, CutExtraMax), (BrokenSites.Kill, KillExtraMax) })
        {
            if (ExtraOf(moves, SiteWay.Fabric, broke) is { } extra)
                bars.Add(new SitesBar($"{broke}Extra", extra, limit, ExtraOf(moves, SiteWay.QemuAlone, broke)));
        }

        foreach (var kind in lan.Where(m => m.Way == SiteWay.Fabric).GroupBy(m => m.Kind, StringComparer.Ordinal))
        {
            IReadOnlyList<LanMove> alone = [.. lan.Where(
                m => m.Way == SiteWay.QemuAlone && string.Equals(m.Kind, kind.Key, StringComparison.Ordinal))];
            bars.Add(Lan($"{kind.Key}OverMs", kind, alone, m => m.OverMs));
            bars.Add(Lan($"{kind.Key}NetworkMs", kind, alone, m => m.NetworkMs));
        }

        return bars;
    }

    /// <summary>What there was to send: the allocated disk, and the memory after page work.</summary>
    public static double ContentOf(SiteMove move) => move.AllocatedBytes + (move.MemoryBytes ?? 0);

    /// <summary>
    /// WAN bytes more than an undisturbed move's of the same way, by the allocated disk; medians of each. Null without both.
    /// </summary>
    public static double? ExtraOf(IReadOnlyList<SiteMove> moves, SiteWay way, string broke)
    {
        var (quiet, broken) = (Of(moves, way, null), Of(moves, way, broke));
        if (quiet.Count == 0 || broken.Count == 0)
            return null;
        var more = Medians.Of(broken.Select(m => (double)m.WanBytes)) - Medians.Of(quiet.Select(m => (double)m.WanBytes));
        return Round(Share(more, Medians.Of(quiet.Select(m => (double)m.AllocatedBytes))));
    }

    private static SitesBar Lan(
        string name, IEnumerable<LanMove> moves, IReadOnlyList<LanMove> alone, Func<LanMove, double> figure) => new(
        name, Round(Medians.Of(moves.Select(figure))), LanOverMsMax,
        alone.Count > 0 ? Round(Medians.Of(alone.Select(figure))) : null);

    private static IReadOnlyList<SiteMove> Of(IReadOnlyList<SiteMove> moves, SiteWay way, string? broke) =>
        [.. moves.Where(m => m.Way == way && string.Equals(m.Broke, broke, StringComparison.Ordinal))];

    private static double Share(double part, double whole) => whole > 0
        ? part / whole
        : throw new LabException("A move had nothing to send, so nothing can be compared with it.");

    // More digits than such a run is good for.
    private static double Round(double figure) => Math.Round(figure, 4);
}
