namespace Fabric.Host.Faults.Report;

/// <summary>Writes report.json, junit.xml and report.html.</summary>
internal static class ReportFiles
{
    /// <summary>Makes the folder; found out before the first case, not after the last.</summary>
    /// <exception cref="LabException">It cannot be written.</exception>
    public static void Prepare(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, ".writable");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new LabException($"Reports cannot be written to '{folder}': {e.Message}", e);
        }
    }

    /// <summary>Writes all three, over those of before.</summary>
    public static void Write(string folder, FaultReport report)
    {
        File.WriteAllText(Path.Combine(folder, "report.json"), report.ToJson());
        File.WriteAllText(Path.Combine(folder, "junit.xml"), JUnitReport.Of(report));
        File.WriteAllText(Path.Combine(folder, "report.html"), HtmlReport.Of(report));
    }
}
