using System.Diagnostics;

namespace Fabric.Host.Faults.Lab;

/// <summary>qemu-img, for a lab's own images: never on one that a guest runs on.</summary>
internal static class ImageTool
{
    /// <exception cref="LabException">It is not there, or says that something is wrong.</exception>
    public static async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("qemu-img", arguments)
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        try
        {
            using var tool = Process.Start(start)!;
            var errors = await tool.StandardError.ReadToEndAsync(cancellation);
            await tool.WaitForExitAsync(cancellation);
            if (tool.ExitCode != 0)
                throw new LabException($"qemu-img {string.Join(' ', arguments)}: {errors.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new LabException($"qemu-img does not start: {e.Message}. Run deploy/setup.sh.", e);
        }
    }
}
