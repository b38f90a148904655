using System.Net.Sockets;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using ARSoft.Tools.Net.Dns.DynamicUpdate;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>
/// Dynamic updates (RFC 2136) over TCP, signed with HMAC-SHA256 (RFC 8945). One message removes what the name has and
/// adds
/// what it shall have, so no resolver sees it without an address. An answer that is not signed by the same key is
/// nobody's.
/// </summary>
/// <param name="keys">The secret of each key, by its name.</param>
/// <param name="time">The clock of signatures: servers refuse one that is off by more than the fudge.</param>
public sealed class DnsUpdater(IReadOnlyDictionary<string, byte[]> keys, TimeProvider time) : INameUpdater
{
    /// <inheritdoc/>
    public async Task UpdateAsync(DnsSpec name, IReadOnlyList<HostAddress> addresses, CancellationToken cancellation)
    {
        if (!keys.TryGetValue(name.Key, out var secret))
            throw new NetworkException(
                NetworkFault.DnsKeyMissing, name.Name, $"this host has no key '{name.Key}'",
                "Give it the key's secret in its configuration.");
        for (var tries = 1; ; tries++)
        {
            var answer = await AskAsync(name, addresses, secret, cancellation);
            if (answer is not null)
            {
                Check(name, answer);
                return;
            }

            if (tries == Limits.Network.DnsTries)
                throw new NetworkException(
                    NetworkFault.DnsSilent, $"{name.Server} port {name.Port}",
                    $"the name server did not answer {tries} times within {Limits.Network.DnsTimeoutMs} ms; whether {name.Name} "
                    + "was changed is unknown",
                    "Look whether it runs and takes updates over TCP from this host; then do the step again.");
        }
    }

    private async Task<DnsUpdateMessage?> AskAsync(
        DnsSpec spec, IReadOnlyList<HostAddress> addresses, byte[] secret, CancellationToken cancellation)
    {
        var name = DomainName.Parse(spec.Name);
        var message = new DnsUpdateMessage { ZoneName = DomainName.Parse(spec.Zone) };
        message.Updates.Add(new DeleteAllRecordsUpdate(name, RecordType.A));
        message.Updates.Add(new DeleteAllRecordsUpdate(name, RecordType.Aaaa));
        foreach (var address in addresses)
        {
            message.Updates.Add(new AddRecordUpdate(address.IsV6
                ? new AaaaRecord(name, spec.TtlSeconds, address.ToIPAddress())
                : new ARecord(name, spec.TtlSeconds, address.ToIPAddress())));
        }

        message.TSigOptions = new TSigRecord(
            DomainName.Parse(spec.Key), TSigAlgorithm.Sha256, time.GetUtcNow().UtcDateTime,
            TimeSpan.FromMilliseconds(Limits.Network.DnsSkewMs), message.TransactionID, ReturnCode.NoError, null, secret);
        // The client's own limit does not hold when what comes is no answer to it.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Limits.Network.DnsTimeoutMs);
        try
        {
            using var client = new DnsClient(
                [spec.Server.ToIPAddress()], [new TcpClientTransport(spec.Port)], disposeTransport: true,
                Limits.Network.DnsTimeoutMs);
            return await client.SendUpdateAsync(message, limit.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or TimeoutException or OperationCanceledException)
        {
            cancellation.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static void Check(DnsSpec spec, DnsUpdateMessage answer)
    {
        if (answer.ReturnCode != ReturnCode.NoError)
            throw new NetworkException(
                NetworkFault.DnsRefused, spec.Name,
                $"{spec.Server} refused the update: {answer.ReturnCode}"
                + (answer.TSigOptions is { Error: not ReturnCode.NoError } signature ? $", signature {signature.Error}" : ""),
                "Compare the key's secret, its rights (update-policy) and both clocks.");
        if (answer.TSigOptions?.ValidationResult != ReturnCode.NoError)
            throw new NetworkException(
                NetworkFault.DnsRefused, spec.Name, $"the answer in the name of {spec.Server} is not signed with key {spec.Key}",
                "Somebody else may have answered: look at the way to the name server.");
    }
}
