using System.Globalization;

namespace Fabric.Drivers.Network;

/// <summary>What this program may do, by the kernel's word.</summary>
internal static class Capabilities
{
    private const string Status = "/proc/thread-self/status";
    private const string Effective = "CapEff:";
    private const int NetAdmin = 12;
    private const int NetRaw = 13;
    private const int SysAdmin = 21;

    /// <summary>The capabilities that are needed and missing, by name; null when none is.</summary>
    public static string? Lacking(bool ofNamespaces)
    {
        var line = File.ReadLines(Status).FirstOrDefault(l => l.StartsWith(Effective, StringComparison.Ordinal));
        return line is not null
            && ulong.TryParse(line[Effective.Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var has)
                ? Lacking(has, ofNamespaces)
                : null;
    }

    internal static string? Lacking(ulong has, bool ofNamespaces)
    {
        (int Bit, string Name)[] wanted = ofNamespaces
            ? [(NetAdmin, "NET_ADMIN"), (NetRaw, "NET_RAW"), (SysAdmin, "SYS_ADMIN")]
            : [(NetAdmin, "NET_ADMIN"), (NetRaw, "NET_RAW")];
        var missing = wanted.Where(w => (has & (1UL << w.Bit)) == 0).Select(w => w.Name).ToArray();
        return missing.Length == 0 ? null : string.Join(", ", missing);
    }
}
