using Fabric.Actors.Coordination;
using Fabric.Drivers.Network;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Certificates;
using Fabric.Host.Client;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// What a lab asks of the fabric, as an operator would. The coordinator may be away when it is asked; a request that
/// may be made twice is then made again.
/// </summary>
internal sealed class FabricOperator : IDisposable
{
    private const int TriesMax = 50;
    private static readonly TimeSpan RetryEvery = TimeSpan.FromMilliseconds(200);

    private readonly NodeCertificate _certificate;
    private readonly FabricClient _client;
    private readonly TimeProvider _time;

    public FabricOperator(Uri server, string certificates, TimeProvider time, NetworkNamespace? place = null)
    {
        _time = time;
        _certificate = CertificateFiles.Load(
            Path.Combine(certificates, CertificateAuthority.CaFile),
            Path.Combine(certificates, CertificateAuthority.OperatorName + ".crt"),
            Path.Combine(certificates, CertificateAuthority.OperatorName + ".key"), time);
        _client = new FabricClient(server, new PeerPolicy(_certificate, time), place);
    }

    /// <summary>Names of the hosts that are connected; none while the coordinator is away.</summary>
    public async Task<IReadOnlyList<HostId>> ConnectedHostsAsync(CancellationToken cancellation)
    {
        try
        {
            var list = await _client.ListHostsAsync(cancellation);
            return [.. list.Hosts.Where(h => h is { Connected: true, Facts: not null }).Select(h => h.Name)];
        }
        catch (FabricUnreachableException)
        {
            return [];
        }
    }

    /// <summary>Defines the VM at a host and starts it.</summary>
    public async Task StartVmAsync(VmSpec spec, string host, CancellationToken cancellation)
    {
        var request = new CreateVmRequest
        {
            Name = spec.Id.Value,
            Host = host,
            MemoryKiB = spec.MemoryKiB,
            Vcpus = spec.Vcpus,
            Machine = spec.Machine,
            Kernel = spec.Kernel,
            Initrd = spec.Initrd,
            Append = spec.Append,
            Program = spec.Program,
            Disks = [.. spec.Disks.Select(RequestOf)],
            Network = spec.Network is { } network ? RequestOf(network) : null,
        };
        await OnceAsync(() => _client.CreateVmAsync(request, cancellation));
        await OnceAsync(() => _client.StartVmAsync(spec.Id.Value, cancellation));
    }

    /// <summary>Ends the VM at once.</summary>
    public Task StopVmAsync(VmId vm, CancellationToken cancellation) =>
        AgainAsync(() => _client.StopVmAsync(vm.Value, force: true, cancellation), cancellation);

    /// <summary>Ends the VM and forgets it.</summary>
    public async Task RemoveVmAsync(VmId vm, CancellationToken cancellation)
    {
        var seen = await OnceAsync(() => _client.GetVmAsync(vm.Value, cancellation));
        if (!string.Equals(seen.State, "stopped", StringComparison.Ordinal))
            await StopVmAsync(vm, cancellation);
        await AgainAsync(
            async () =>
            {
                await _client.DeleteVmAsync(vm.Value, cancellation);
                return true;
            },
            cancellation);
    }

    /// <summary>The migration as the coordinator tells it.</summary>
    public Task<MigrationSummary> GetMigrationAsync(MigrationId id, CancellationToken cancellation) =>
        OnceAsync(() => _client.GetMigrationAsync(id.Value, cancellation));

    /// <summary>Starts what is defined and stopped.</summary>
    public Task StartAgainAsync(VmId vm, CancellationToken cancellation) =>
        AgainAsync(() => _client.StartVmAsync(vm.Value, cancellation), cancellation);

    /// <summary>Whether the coordinator knows that it runs.</summary>
    public async Task<bool> IsRunningAsync(VmId vm, CancellationToken cancellation)
    {
        var seen = await OnceAsync(() => _client.GetVmAsync(vm.Value, cancellation));
        return string.Equals(seen.State, "running", StringComparison.Ordinal);
    }

    /// <summary>What is left over on hosts, in words; a host that is not connected may have anything.</summary>
    /// <param name="of">Of this VM; null is of all.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<string>> LeftoversAsync(VmId? of, CancellationToken cancellation)
    {
        try
        {
            var list = await _client.ListLeftoversAsync(all: true, cancellation);
            return
            [
                .. list.Leftovers.Where(l => of is null || l.Leftover.Vm == of).Select(l => $"{l.Host} lists {l.Leftover.Path} ({l.Leftover.Kind})"),
                .. list.Unseen.Select(h => $"what {h} has is not known: it is not connected"),
            ];
        }
        catch (FabricUnreachableException e)
        {
            return [$"what is left over is not known: {e.Message}"];
        }
    }

    /// <summary>Asks for a migration with the coordinator's own policy.</summary>
    public async Task<MigrationId> MigrateAsync(VmId vm, string target, CancellationToken cancellation)
    {
        var request = new MigrateRequest { Target = target };
        return (await OnceAsync(() => _client.MigrateAsync(vm.Value, request, cancellation))).Id;
    }

    /// <summary>Lets the held migration go on.</summary>
    public Task ReleaseHoldAsync(CancellationToken cancellation) =>
        AgainAsync(() => _client.ReleaseHoldAsync(cancellation), cancellation);

    /// <summary>Lets the frozen copy run, as the operator's decision.</summary>
    public Task RecoverAsync(VmId vm, CancellationToken cancellation) =>
        AgainAsync(() => _client.RecoverVmAsync(vm.Value, cancellation), cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _certificate.Dispose();
    }

    private static DiskRequest RequestOf(DiskSpec disk) => new()
    {
        Id = disk.Id.Value,
        File = disk.File,
        Format = FaultNames.WordOf(disk.Format),
        Place = FaultNames.WordOf(disk.Place),
    };

    private static NetworkRequest RequestOf(NetworkSpec network) => new()
    {
        Kind = FaultNames.WordOf(network.Kind),
        Mac = network.Mac?.ToString(),
        Addresses = [.. network.Addresses.Select(a => a.ToString())],
        Tap = network.Tap,
        Bridge = network.Bridge,
        Vni = network.Vni,
        Mtu = network.Mtu,
        Gateways = [.. network.Gateways.Select(g => g.ToString())],
        GatewayMac = network.GatewayMac?.ToString(),
        Relay = network.Relay,
    };

    private async Task AgainAsync<T>(Func<Task<T>> ask, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await OnceAsync(ask);
                return;
            }
            catch (LabException) when (attempt < TriesMax)
            {
                await Task.Delay(RetryEvery, _time, cancellation);
            }
        }
    }

    private static async Task<T> OnceAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception e) when (e is FabricApiException or FabricUnreachableException or FabricUnknownException)
        {
            throw new LabException($"The coordinator did not do what was asked: {e.Message}", e);
        }
    }
}
