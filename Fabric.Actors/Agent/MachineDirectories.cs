using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>What earlier copies of a VM left: their logs are kept for a while, for whoever looks for a cause.</summary>
internal static class MachineDirectories
{
    /// <summary>Removes all but the newest few; never <paramref name="except"/>.</summary>
    public static void Prune(string ofVm, string except)
    {
        if (!Directory.Exists(ofVm))
            return;
        foreach (var old in new DirectoryInfo(ofVm).GetDirectories()
            .Where(d => !string.Equals(d.FullName, except, StringComparison.Ordinal))
            .OrderByDescending(d => d.LastWriteTimeUtc)
            .Skip(Limits.Agent.OldDirectoriesMax))
        {
            old.Delete(recursive: true);
        }
    }
}
