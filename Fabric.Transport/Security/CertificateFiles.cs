using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;

namespace Fabric.Transport.Security;

/// <summary>
/// Loads what a process needs to speak TLS: the roots, its own certificate, its key. Everything that would make
/// each handshake fail is found here, at start, with the file's name.
/// </summary>
public static class CertificateFiles
{
    /// <summary>Loads and checks all three, or throws <see cref="CertificateException"/>.</summary>
    public static NodeCertificate Load(string caPath, string certificatePath, string keyPath, TimeProvider time)
    {
        var roots = LoadRoots(caPath);
        X509Certificate2? bare = null;
        try
        {
            bare = ReadCertificate(certificatePath);
            using var key = LoadKey(keyPath);
            RequireMatch(bare, key, keyPath);
            RequireValidNow(bare, certificatePath, time);
            var identity = PeerIdentity.Read(bare, out var problem)
                ?? throw new CertificateException(CertificateProblem.SubjectUnfit, certificatePath,
                    $"{problem}. Issue certificates with 'fabric certs'.");
            if (PeerPolicy.ChainProblem(bare, roots, time.GetUtcNow()) is { } unfit)
            {
                throw new CertificateException(CertificateProblem.NotFromCa, certificatePath,
                    $"does not lead to a root in {caPath}: {unfit}.");
            }

            return new NodeCertificate(bare.CopyWithPrivateKey(key), roots, identity);
        }
        catch
        {
            foreach (var root in roots)
                root.Dispose();
            throw;
        }
        finally
        {
            bare?.Dispose();
        }
    }

    /// <summary>Loads the roots: one, or two while a CA is being changed. Each must be a CA.</summary>
    public static X509Certificate2Collection LoadRoots(string caPath)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(PemFile.Read(caPath, secret: false));
        }
        catch (CryptographicException e)
        {
            throw NotPem(caPath, "a certificate", e);
        }

        if (roots.Count == 0)
            throw NotPem(caPath, "a certificate", cause: null);
        if (!roots.All(PeerPolicy.IsCa))
        {
            throw new CertificateException(CertificateProblem.NotACa, caPath,
                "holds a certificate that is not a CA's. Give the CA's own (ca.crt).");
        }

        return roots;
    }

    /// <summary>Reads a certificate without its key and without judging it.</summary>
    public static X509Certificate2 ReadCertificate(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPem(PemFile.Read(path, secret: false));
        }
        catch (CryptographicException e)
        {
            throw NotPem(path, "a certificate", e);
        }
    }

    /// <summary>Loads a key that nobody but its owner can read.</summary>
    public static ECDsa LoadKey(string path)
    {
        var text = PemFile.Read(path, secret: true);
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            // The cause is left out: nobody promises that its text holds nothing of the file's.
            throw NotPem(path, "an unencrypted ECDSA private key", cause: null);
        }
        finally
        {
            Array.Clear(text);
        }
    }

    /// <summary>Throws when the key is not the certificate's.</summary>
    public static void RequireMatch(X509Certificate2 certificate, ECDsa key, string keyPath)
    {
        var own = key.ExportSubjectPublicKeyInfo();
        if (!own.AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo()))
        {
            throw new CertificateException(CertificateProblem.KeyMismatch, keyPath,
                $"is not the key of {Names.Shown(certificate.Subject)}. Were files of two nodes mixed?");
        }
    }

    /// <summary>Throws when now is outside the certificate's validity.</summary>
    public static void RequireValidNow(X509Certificate2 certificate, string path, TimeProvider time)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (now > certificate.NotAfter.ToUniversalTime())
        {
            throw new CertificateException(CertificateProblem.Expired, path,
                $"expired at {certificate.NotAfter.ToUniversalTime():u}. Issue a new one with 'fabric certs'.");
        }

        if (now < certificate.NotBefore.ToUniversalTime())
        {
            throw new CertificateException(CertificateProblem.NotYetValid, path,
                $"is valid from {certificate.NotBefore.ToUniversalTime():u}, and here it is {now:u}. Set the clock.");
        }
    }

    private static CertificateException NotPem(string path, string what, Exception? cause) =>
        new(CertificateProblem.NotPem, path, $"does not hold {what} in PEM form.", cause);
}
