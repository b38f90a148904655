namespace Fabric.Host.Configuration;

internal enum PemKind
{
    Certificate = 1,
    PrivateKey,
}
