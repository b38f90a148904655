using Fabric.Host.Configuration;
using Fabric.Protocol;

namespace Fabric.Host.Faults;

/// <summary>The words of plans and command lines, and back.</summary>
public static class FaultNames
{
    private static readonly Dictionary<string, FaultVictim> Victims = Words<FaultVictim>();
    private static readonly Dictionary<string, FaultStage> Stages = Words<FaultStage>()
        .Where(s => s.Value != FaultStage.Off).ToDictionary(StringComparer.Ordinal);

    /// <summary>All words for a stage, in the order of the protocol.</summary>
    public static IReadOnlyCollection<string> StageWords => Stages.Keys;

    /// <summary>All stages, in the order of the protocol.</summary>
    public static IReadOnlyCollection<FaultStage> AllStages => Stages.Values;

    /// <summary>All words for a hypervisor.</summary>
    public static IReadOnlyCollection<string> HypervisorWords => Words<HypervisorKind>().Keys;

    /// <summary>Reads the word of a hypervisor.</summary>
    public static HypervisorKind HypervisorOf(string word) => Words<HypervisorKind>()[word];

    /// <summary>Reads a victim.</summary>
    public static bool TryVictim(string word, out FaultVictim victim) => Victims.TryGetValue(word, out victim);

    /// <summary>Reads a stage.</summary>
    public static bool TryStage(string word, out FaultStage stage) => Stages.TryGetValue(word, out stage);

    /// <summary>TargetVm is target-vm.</summary>
    public static string WordOf<T>(T value)
        where T : struct, Enum =>
        string.Concat(
            value.ToString().Select((c, i) => (i > 0 && char.IsUpper(c) ? "-" : "") + char.ToLowerInvariant(c)));

    /// <summary>The durable stage that a word stands for.</summary>
    public static StageKind KindOf(FaultStage stage) => Enum.Parse<StageKind>(stage.ToString());

    private static Dictionary<string, T> Words<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(WordOf, StringComparer.Ordinal);
}
