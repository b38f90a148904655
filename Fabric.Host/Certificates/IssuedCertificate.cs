namespace Fabric.Host.Certificates;

/// <summary>What was written. The validity may be shorter than asked: nothing outlives its CA.</summary>
public sealed record IssuedCertificate(string CertificatePath, string KeyPath, DateTimeOffset NotAfter);
