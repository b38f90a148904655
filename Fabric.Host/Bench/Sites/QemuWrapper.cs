using Fabric.Host.Faults.Sites;
using Fabric.Host.Faults.Lab;

namespace Fabric.Host.Bench.Sites;

/// <summary>A QEMU opens its TAP and its sockets where it runs: a script that starts it on a host of the lab.</summary>
internal static class QemuWrapper
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Writes it; its path.</summary>
    public static string Write(LabDirectory directory, LabHost host, string binary)
    {
        var path = directory.In($"qemu-{host.Name}");
        File.WriteAllText(path, $"#!/bin/sh\nexec ip netns exec {host.Namespace} {binary} \"$@\"\n");
        File.SetUnixFileMode(path, Mode);
        return path;
    }
}
