using Fabric.Lab.Tests.Networks;

namespace Fabric.Lab.Tests;

/// <summary>A small file system of its own in a directory: it can be full, or not be written, without the machine's.</summary>
internal sealed class Mount : IDisposable
{
    private readonly string _path;

    private Mount(string path) => _path = path;

    /// <summary>Mounts one.</summary>
    /// <param name="path">Where; made when it is not there.</param>
    /// <param name="options">Such as <c>size=8m</c>.</param>
    public static Mount At(string path, string options)
    {
        Directory.CreateDirectory(path);
        NetLab.Run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
        return new Mount(path);
    }

    /// <summary>It may, or may not, be written from now on.</summary>
    public void Writable(bool isIt) => NetLab.Run("mount", ["-o", isIt ? "remount,rw" : "remount,ro", _path]);

    /// <inheritdoc/>
    public void Dispose() => NetLab.Run("umount", ["-l", _path]);
}
