using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>Tells a name server where a VM is. Throws <see cref="NetworkException"/>.</summary>
public interface INameUpdater
{
    /// <summary>Makes these the only addresses of the name; the same when it comes twice.</summary>
    Task UpdateAsync(DnsSpec name, IReadOnlyList<HostAddress> addresses, CancellationToken cancellation);
}
