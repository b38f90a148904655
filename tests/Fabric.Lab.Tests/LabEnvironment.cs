using System.Diagnostics;
using Fabric.Drivers;
using Fabric.Drivers.Embedded;
using Fabric.Drivers.Qemu;
using Fabric.Host.Cli;
using Fabric.Host.Nodes;

namespace Fabric.Lab.Tests;

/// <summary>
/// What the lab tests need on a machine, and where it is. Something missing is a failure with advice, never a skipped
/// test.
/// </summary>
public static class LabEnvironment
{
    /// <summary>The QEMU of the distribution.</summary>
    public const string Installed = "7.2";

    /// <summary>The newer QEMU, unpacked beside.</summary>
    public const string Unpacked = "10.0";

    /// <summary>The hypervisor that comes with Fabric.</summary>
    public const string Embedded = "embedded";

    private const string Advice = "Run deploy/setup.sh --with-qemu10, which gets what the lab tests need.";

    // Once, on a machine where it was not run by hand: it installs Debian packages, so it wants root.
    private static readonly Lazy<string> SetUp = new(RunSetUp);

    /// <summary>The root of the repository.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The guest's kernel.</summary>
    public static string Kernel => Needed(Path.Combine(Root, "artifacts", "guest", "vmlinux"));

    /// <summary>The guest's initial RAM disk.</summary>
    public static string Initrd => Needed(Path.Combine(Root, "artifacts", "guest", "initrd.cpio"));

    /// <summary>Whether a kind is the embedded hypervisor.</summary>
    public static bool IsEmbedded(string kind) => string.Equals(kind, Embedded, StringComparison.Ordinal);

    /// <summary>The hypervisor of that kind.</summary>
    public static IHypervisor Hypervisor(string kind, TimeSpan? commandTimeout = null)
    {
        if (!IsEmbedded(kind))
        {
            var qemu = Qemu(kind);
            return new QemuHypervisor(
                commandTimeout is { } limit ? qemu with { CommandTimeout = limit } : qemu, TimeProvider.System);
        }

        var embedded = new EmbeddedOptions { Command = OwnProgram.Command(GuestVerb.Name) };
        return new EmbeddedHypervisor(
            commandTimeout is { } timeout ? embedded with { CommandTimeout = timeout } : embedded, TimeProvider.System);
    }

    /// <summary>Settings for the QEMU of that version.</summary>
    public static QemuOptions Qemu(string version)
    {
        if (string.Equals(version, Installed, StringComparison.Ordinal))
            return new QemuOptions
            {
                Binary = Needed("/usr/bin/qemu-system-x86_64"),
                Accelerator = QemuAccelerator.Tcg,
            };
        // A wrapper that knows its firmware and libraries.
        return new QemuOptions
        {
            Binary = Needed(Path.Combine(Root, "artifacts", "qemu10", "bin", "qemu-system-x86_64")),
            Accelerator = QemuAccelerator.Tcg,
        };
    }

    private static string Needed(string path)
    {
        if (!File.Exists(path))
            _ = SetUp.Value;
        return File.Exists(path) ? path : throw new FileNotFoundException($"'{path}' is missing. {Advice}", path);
    }

    private static string RunSetUp()
    {
        var start = new ProcessStartInfo(Path.Combine(Root, "deploy", "setup.sh"))
        {
            ArgumentList = { "--with-qemu10" },
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)
            ?? throw new InvalidOperationException("deploy/setup.sh does not start");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"deploy/setup.sh ended with {process.ExitCode}: {output}{errors.Result}");
    }

    private static string FindRoot()
    {
        var start = new DirectoryInfo(AppContext.BaseDirectory);
        for (var directory = start; directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Fabric.sln")))
                return directory.FullName;
        }

        throw new DirectoryNotFoundException($"No Fabric.sln above '{AppContext.BaseDirectory}'.");
    }
}
