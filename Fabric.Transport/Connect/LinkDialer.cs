using Fabric.Protocol;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Connect;

/// <summary>
/// Makes further connections of one link, each with its own proof; the checks are those of the first.
/// </summary>
internal sealed class LinkDialer(
    DataConnector connector, DataEndpoint endpoint, HostId target, MigrationId migration, int attempt,
    LinkPurpose purpose, LinkSecret secret) : ILinkDialer
{
    private readonly long[] _numbers = new long[Limits.Link.ConnectionsMax];

    public LinkWire Dial(int slot, CancellationToken cancellation)
    {
        var number = Interlocked.Increment(ref _numbers[slot]);
        return connector.Make(
            endpoint, target, Hello.Join(migration, attempt, purpose, secret, slot, number), Limits.Link.RedialTimeoutMs,
            cancellation);
    }
}
