namespace Fabric.Drivers.Linux;

/// <summary>
/// What a failed look at a process means. Only "there is no such thing" says that it is dead; anything else says that
/// nobody looked, and a process taken for dead by mistake is a second copy of its guest.
/// </summary>
internal static class ProcFiles
{
    private const int NoSuchProcess = 3;

    /// <summary>The file is not there, or its process ended between open and read (ESRCH).</summary>
    public static bool IsGone(IOException e) =>
        e is FileNotFoundException or DirectoryNotFoundException || e.HResult == NoSuchProcess;

    /// <summary>Nothing is known of it.</summary>
    public static HypervisorException Unknown(string what, Exception cause) => new(
        HypervisorFault.NoAnswer, $"Whether {what} lives cannot be told: {cause.Message}", cause);
}
