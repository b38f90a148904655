namespace Fabric.Host.Faults.Guest;

/// <summary>Where the test guest's kernel and initial RAM disk are.</summary>
internal sealed record GuestFiles(string Kernel, string Initrd)
{
    /// <summary>
    /// Looks in the given folder; else in artifacts/guest of FABRIC_HOME, else of any folder above the program.
    /// </summary>
    /// <exception cref="LabException">They are not there.</exception>
    public static GuestFiles Find(string? directory, string? home)
    {
        var tried = directory is not null ? [directory]
            : home is not null ? [Artifacts(home)]
            : Ancestors(AppContext.BaseDirectory).Select(Artifacts).ToArray();
        foreach (var place in tried)
        {
            var files = new GuestFiles(
                Path.GetFullPath(Path.Combine(place, "vmlinux")), Path.GetFullPath(Path.Combine(place, "initrd.cpio")));
            if (File.Exists(files.Kernel) && File.Exists(files.Initrd))
                return files;
        }

        throw new LabException(
            $"The test guest (vmlinux and initrd.cpio) is not in '{tried[0]}'. Run deploy/setup.sh, which builds it, " +
            "or name its folder with --guest.");
    }

    private static string Artifacts(string root) => Path.Combine(root, "artifacts", "guest");

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var directory = new DirectoryInfo(path); directory is not null; directory = directory.Parent)
            yield return directory.FullName;
    }
}
