using System.Globalization;

namespace Fabric.Host.Faults.Plan;

/// <summary>What a case does, for a dry run.</summary>
internal static class CaseWords
{
    public static string Of(FaultCase one, bool sites = false)
    {
        var who = one.Who switch
        {
            FaultVictim.SourceAgent => "the source host's node",
            FaultVictim.TargetAgent => "the target host's node",
            FaultVictim.SourceVm => "the source's hypervisor process",
            FaultVictim.TargetVm => "the target's hypervisor process",
            FaultVictim.Coordinator => "the coordinator",
            FaultVictim.DataLink => sites ? "the WAN" : "the connections between the hosts",
            FaultVictim.NodeLink => sites ? "all hosts' way to the coordinator" : "both hosts' connections to the coordinator",
            FaultVictim.SourceNetwork => "what the source host turns the network with",
            FaultVictim.TargetNetwork => "what the target host turns the network with",
            FaultVictim.Journal => "the coordinator's journal",
            FaultVictim.Ledger => "both hosts' ledgers",
            _ => throw new ArgumentOutOfRangeException(nameof(one), one.Who, "not a victim"),
        };
        var length = Seconds(one.For);
        var what = one.Action switch
        {
            FaultAction.Kill => $"kill -9 of {who}",
            FaultAction.Stop when sites && (one.Who is FaultVictim.DataLink or FaultVictim.NodeLink) =>
                $"lose every packet of one way of {who} for {length}",
            FaultAction.Stop => $"stop {who} for {length}",
            FaultAction.Refuse => $"refuse {who} for {length}",
            FaultAction.Cut => $"cut {who} for {length}",
            FaultAction.DiskFull => $"fill the disk of {who} for {length}",
            FaultAction.Slow when one.Who is FaultVictim.DataLink or FaultVictim.NodeLink => string.Create(
                CultureInfo.InvariantCulture, $"slow {who} to {one.BytesPerSecond / 1e6:0.###} MB/s for {length}"),
            FaultAction.Slow => $"give {who} a tenth of its time for {length}",
            _ => throw new ArgumentOutOfRangeException(nameof(one), one.Action, "not an action"),
        };
        return $"{what}, in {FaultNames.WordOf(one.At)}";
    }

    public static string Of(OwnCase one)
    {
        var parts = new List<string> { $"in {FaultNames.WordOf(one.At)}" };
        if (one.Break.Count > 0)
            parts.Add($"run {Shown(one.Break)}");
        if (one.Ask != OwnAsk.Nothing)
            parts.Add(one.Ask == OwnAsk.Cancel ? "cancel the migration" : "ask for a second migration of the same VM");
        parts.Add($"after {Seconds(one.For)}");
        parts.Add(one.Mend.Count > 0 ? $"run {Shown(one.Mend)}" : "go on");
        return string.Join(", ", parts);
    }

    // As a shell would need it, though none is asked.
    private static string Shown(IEnumerable<string> command) => string.Join(' ', command.Select(a =>
        a.Length > 0 && a.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=@%+,".Contains(c, StringComparison.Ordinal))
            ? a
            : $"'{a.Replace("'", "'\\''", StringComparison.Ordinal)}'"));

    private static string Seconds(TimeSpan time) =>
        time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";
}
