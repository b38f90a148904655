using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>Decisions about a transfer, and ways to send, as people read and write them.</summary>
internal static class DecisionText
{
    private static readonly Dictionary<string, ConvergencePolicy> Policies = new(StringComparer.Ordinal)
    {
        ["balanced"] = ConvergencePolicy.Balanced,
        ["low-downtime"] = ConvergencePolicy.LowDowntime,
        ["must-finish"] = ConvergencePolicy.MustFinish,
        ["give-up"] = ConvergencePolicy.GiveUp,
    };

    private static readonly Dictionary<string, DiskCopyMode> DiskCopies = new(StringComparer.Ordinal)
    {
        ["rounds"] = DiskCopyMode.Rounds,
        ["synchronous"] = DiskCopyMode.Synchronous,
    };

    /// <summary>Every way to copy the last of a disk.</summary>
    public static IEnumerable<string> DiskCopyWords => DiskCopies.Keys;

    /// <summary>The way of a word.</summary>
    public static DiskCopyMode DiskCopyOf(string word) => DiskCopies[word];

    /// <summary>Every policy's word.</summary>
    public static IEnumerable<string> PolicyWords => Policies.Keys;

    /// <summary>The policy of a word.</summary>
    public static ConvergencePolicy PolicyOf(string word) => Policies[word];

    public static string Of(TransferDecision decision) => decision.Kind == DecisionKind.AwaitDeadline
        ? $"{What(decision)}: {decision.Why}; 'fabric migrate set' with --policy must-finish or a longer --downtime changes that"
        : $"{What(decision)}: {decision.Why}";

    public static string Of(TransferPolicy policy)
    {
        var least = policy.BandwidthMin == 0 ? "" : $"{RateText.Show(policy.BandwidthMin)} to ";
        var most = policy.BandwidthMax == 0 ? "no limit" : RateText.Show(policy.BandwidthMax);
        var word = Policies.FirstOrDefault(p => p.Value == policy.Convergence).Key ?? "the hypervisor decides";
        var connections = policy.Connections == 0 ? "" : Show.Text($", {policy.Connections} connections");
        var writes = policy.DiskWritesMin switch
        {
            null or Limits.Disks.WritesBytesPerSecondMin => "",
            0 => ", writes to disks not slowed",
            { } floor => $", writes to disks slowed to {RateText.Show(floor)} at most",
        };
        var copy = policy.DiskCopy == DiskCopyMode.Synchronous ? ", disks synchronous in the end" : "";
        return $"rate {least}{most}, downtime limit {Show.Ms(policy.DowntimeLimitMs)}, {word}{connections}{writes}{copy}";
    }

    private static string What(TransferDecision decision) => decision.Kind switch
    {
        DecisionKind.Rate => $"rate {(decision.Value == 0 ? "without limit" : RateText.Show(decision.Value))}",
        DecisionKind.SwitchOver => $"switch over within {Show.Ms(decision.Value)}",
        DecisionKind.Throttle => Show.Text($"the guest is slowed by {decision.Value} %"),
        DecisionKind.RaiseDowntime => $"a downtime of {Show.Ms(decision.Value)} is allowed",
        DecisionKind.PostCopy => "post-copy",
        DecisionKind.GiveUp => "given up",
        DecisionKind.AwaitDeadline => "does not converge, waits for the deadline",
        _ => Show.Text($"{decision.Kind} {decision.Value}"),
    };
}
