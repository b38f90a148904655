using System.Security.Cryptography;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// A private directory of one demo. Its name is short on purpose: machines have UNIX sockets five levels below, and
/// such a path has at most 107 bytes.
/// </summary>
internal sealed class LabDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly bool _keep;

    private LabDirectory(string path, bool keep) => (Path, _keep) = (path, keep);

    /// <summary>Absolute.</summary>
    public string Path { get; }

    /// <summary>Makes one below the system's directory for temporary files.</summary>
    public static LabDirectory Make(bool keep)
    {
        var parent = System.IO.Path.GetTempPath().Length <= 16 ? System.IO.Path.GetTempPath() : "/tmp";
        var path = System.IO.Path.Combine(parent, $"fab-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}");
        Directory.CreateDirectory(path, OwnerOnly);
        return new LabDirectory(path, keep);
    }

    /// <summary>A path in it.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_keep && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
