namespace Fabric.Transport.Security;

/// <summary>What is wrong with a certificate or key file. A closed list.</summary>
public enum CertificateProblem
{
    Missing = 1,
    IsDirectory,
    Unreadable,
    TooLarge,
    NotPem,
    KeyMismatch,
    KeyReadableByOthers,
    Expired,
    NotYetValid,
    NotACa,
    NotFromCa,
    SubjectUnfit,
    WouldOverwrite,
    NameUnfit,
}

/// <summary>A certificate or key file that cannot be used: which, why, and what to do. Never holds a key.</summary>
public sealed class CertificateException(
    CertificateProblem problem, string path, string message, Exception? cause = null)
    : Exception($"{path}: {message}", cause)
{
    /// <summary>What is wrong.</summary>
    public CertificateProblem Problem { get; } = problem;

    /// <summary>The file.</summary>
    public string Path { get; } = path;
}
