using System.Security.Cryptography;
using System.Text;
using Fabric.Transport.Security;

namespace Fabric.Host.Certificates;

/// <summary>
/// Writes a PEM file whole or not at all: a temporary file beside it, flushed, then renamed. A key's file is
/// created with mode 0600, so there is no moment at which another user could open it.
/// </summary>
internal static class SecretFile
{
    private const UnixFileMode KeyMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PublicMode = KeyMode | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static void WriteKey(string path, ECDsa key, bool force)
    {
        var der = key.ExportPkcs8PrivateKey();
        var text = PemEncoding.Write("PRIVATE KEY", der);
        var bytes = Encoding.ASCII.GetBytes(text);
        try
        {
            Write(path, bytes, KeyMode, force);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
            CryptographicOperations.ZeroMemory(bytes);
            Array.Clear(text);
        }
    }

    public static void WritePublic(string path, string pem, bool force) =>
        Write(path, Encoding.ASCII.GetBytes(pem + "\n"), PublicMode, force);

    public static void RequireFree(bool force, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (!force && Path.Exists(path))
            {
                throw new CertificateException(CertificateProblem.WouldOverwrite, path,
                    "exists already and is kept. Say --force to replace it; what it secures stops working.");
            }
        }
    }

    private static void Write(string path, byte[] bytes, UnixFileMode mode, bool force)
    {
        var temporary = $"{path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = mode;
            using (var file = new FileStream(temporary, options))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: force);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(CertificateProblem.Unreadable, path, $"cannot be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
