using System.Text;
using Fabric.Protocol;

namespace Fabric.Host.Configuration;

/// <summary>
/// What can be said of a TLS file before TLS is set up. Nothing of what the file holds gets into a message.
/// </summary>
internal static class PemFile
{
    private const UnixFileMode Foreign = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;

    public static string? Problem(string path, PemKind kind)
    {
        if (Directory.Exists(path))
            return $"{path} is a directory: name a PEM file";
        if (!File.Exists(path))
            return $"{path} does not exist: create it, or correct the path";
        if (kind == PemKind.PrivateKey && !OperatingSystem.IsWindows()
            && (File.GetUnixFileMode(path) & Foreign) != UnixFileMode.None)
            return $"{path} can be read or written by other users: chmod 600 it";
        try
        {
            return ContentProblem(path, kind);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read: check its owner and mode";
        }
    }

    private static string? ContentProblem(string path, PemKind kind)
    {
        using var file = File.OpenRead(path);
        var buffer = new byte[Limits.Hocon.PemBytesMax + 1];
        var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        if (length > Limits.Hocon.PemBytesMax)
            return $"{path} is larger than {Limits.Hocon.PemBytesMax} bytes: it should hold a certificate or a key";
        var text = Encoding.ASCII.GetString(buffer, 0, length);
        if (kind == PemKind.Certificate)
            return Has(text, "-----BEGIN CERTIFICATE-----") ? null : $"{path} holds no PEM certificate";
        if (Has(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----"))
            return $"{path} is encrypted, and there is no key for its password: store it unencrypted with mode 600";
        return Has(text, "PRIVATE KEY-----") ? null : $"{path} holds no PEM private key";
    }

    private static bool Has(string text, string label) => text.Contains(label, StringComparison.Ordinal);
}
