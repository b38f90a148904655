using System.Security.Cryptography;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Transport.Security;

/// <summary>Reads one small PEM file, and says which of the many ways it failed.</summary>
internal static class PemFile
{
    private const UnixFileMode OthersBits =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute |
        UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static char[] Read(string path, bool secret)
    {
        if (Directory.Exists(path))
            throw new CertificateException(CertificateProblem.IsDirectory, path, "is a directory; name a file.");
        var bytes = Array.Empty<byte>();
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            // The mode of the opened file, not of the path: the path may name another file a moment later.
            if (secret && !OperatingSystem.IsWindows()
                && (File.GetUnixFileMode(file.SafeFileHandle) & OthersBits) != UnixFileMode.None)
            {
                throw new CertificateException(CertificateProblem.KeyReadableByOthers, path,
                    "the key is open to others than its owner. Issue a new one if it may have been read; " +
                    "otherwise 'chmod 600' it.");
            }

            if (file.Length > Limits.NodeLink.CertificateFileBytesMax)
            {
                throw new CertificateException(CertificateProblem.TooLarge, path,
                    $"is larger than {Limits.NodeLink.CertificateFileBytesMax} bytes: not a PEM file of ours.");
            }

            bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return Encoding.Latin1.GetChars(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CertificateException(CertificateProblem.Missing, path,
                "there is no such file. Make it with 'fabric certs'.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(CertificateProblem.Unreadable, path, $"cannot be read: {e.Message}", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
