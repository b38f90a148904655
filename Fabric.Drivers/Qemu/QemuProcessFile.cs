using System.Globalization;
using System.Text.Json;
using Fabric.Drivers.Linux;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Finds the process of a directory, and never takes a stranger's. Three traces, in the order of their strength: our
/// own note (pid, start tick, boot); QEMU's pid file, believed only if that process was started with this very pid
/// file; the list of all processes, for a crash before QEMU wrote its pid file.
/// </summary>
internal static class QemuProcessFile
{
    internal const string PidFileOption = "-pidfile";

    /// <summary>The living process; null when it is known that there is none.</summary>
    public static ProcessIdentity? Find(QemuDirectory directory)
    {
        if (Read(directory) is { } noted)
            return noted.IsAlive() ? noted : null;
        var found = OfPidFile(directory) ?? ProcessArguments.Find(PidFileOption, directory.PidFile);
        if (found is not null)
            Write(directory, found);
        return found;
    }

    /// <summary>Notes the process. Not synced to disk: after a power cut there is no process either.</summary>
    public static void Write(QemuDirectory directory, ProcessIdentity identity)
    {
        var next = directory.ProcessFile + ".next";
        File.WriteAllBytes(next, JsonSerializer.SerializeToUtf8Bytes(identity));
        File.Move(next, directory.ProcessFile, overwrite: true);
    }

    /// <summary>Removes the traces of an earlier process, so that they are not taken for the next one's.</summary>
    public static void Clear(QemuDirectory directory)
    {
        File.Delete(directory.ProcessFile);
        File.Delete(directory.PidFile);
    }

    /// <summary>The process that QEMU's pid file names, if it is the one that wrote it.</summary>
    public static ProcessIdentity? OfPidFile(QemuDirectory directory)
    {
        try
        {
            var text = File.ReadAllText(directory.PidFile).Trim();
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
                return null;

            // Identity first: if the pid passed to another process in between, its arguments do not match.
            var identity = ProcessIdentity.OfLiving(pid);
            return identity is not null && ProcessArguments.Has(pid, PidFileOption, directory.PidFile)
                ? identity
                : null;
        }
        catch (IOException e) when (ProcFiles.IsGone(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ProcFiles.Unknown($"the process of '{directory.Path}'", e);
        }
    }

    private static ProcessIdentity? Read(QemuDirectory directory)
    {
        try
        {
            return JsonSerializer.Deserialize<ProcessIdentity>(File.ReadAllBytes(directory.ProcessFile));
        }
        catch (JsonException)
        {
            // Torn: the pid file and the process table tell.
            return null;
        }
        catch (IOException e) when (ProcFiles.IsGone(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ProcFiles.Unknown($"the process of '{directory.Path}'", e);
        }
    }
}
