using System.Globalization;

namespace Fabric.Drivers.Linux;

/// <summary>Finds processes by their argument list, for the moment in which nothing else names them.</summary>
internal static class ProcessArguments
{
    /// <summary>Whether the process was given these two arguments in a row. False when it is gone.</summary>
    public static bool Has(int processId, string option, string value) =>
        Has(processId, option, value, File.ReadAllText);

    /// <summary>The same, with the looking handed in: what a failed one means is decided here.</summary>
    internal static bool Has(int processId, string option, string value, Func<string, string> read)
    {
        string[] arguments;
        try
        {
            arguments =
                read($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/cmdline").Split('\0');
        }
        catch (IOException e) when (ProcFiles.IsGone(e))
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            // Another user's: none of ours.
            return false;
        }
        catch (IOException e)
        {
            throw ProcFiles.Unknown($"process {processId}", e);
        }

        for (var i = 0; i + 1 < arguments.Length; i++)
        {
            if (string.Equals(arguments[i], option, StringComparison.Ordinal)
                && string.Equals(arguments[i + 1], value, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>
    /// The living process with these two arguments in a row; the youngest of several, as a process that daemonizes
    /// has its parent's arguments for a moment.
    /// </summary>
    public static ProcessIdentity? Find(string option, string value) =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Has(pid, option, value))
            .Select(ProcessIdentity.OfLiving)
            .OfType<ProcessIdentity>()
            .OrderBy(identity => identity.StartTicks)
            .ThenBy(identity => identity.ProcessId)
            .LastOrDefault();
}
