using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;

namespace Fabric.Transport.Connect;

/// <summary>
/// Whether a certificate, trusted already, is that of a host: its only common name, or one of its DNS names, is the
/// host's name, letter for letter. No wildcards, no case folding, no addresses.
/// </summary>
public static class PeerNames
{
    private const string CommonName = "2.5.4.3";

    /// <summary>Whether the certificate names the host.</summary>
    public static bool Has(X509Certificate2 certificate, HostId host)
    {
        try
        {
            return string.Equals(CommonNameOf(certificate), host.Value, StringComparison.Ordinal)
                || certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                    .SelectMany(e => e.EnumerateDnsNames())
                    .Contains(host.Value, StringComparer.Ordinal);
        }
        catch (CryptographicException)
        {
            // A name that cannot be read names nobody.
            return false;
        }
    }

    private static string? CommonNameOf(X509Certificate2 certificate)
    {
        string? found = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements)
                return null;
            if (!string.Equals(part.GetSingleElementType().Value, CommonName, StringComparison.Ordinal))
                continue;
            if (found is not null)
                return null;
            found = part.GetSingleElementValue();
        }

        return found;
    }
}
