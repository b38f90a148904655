using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// Cases in a lab of two sites, one after the other in the same lab: each has a guest with a name and an address of its
/// own, and a coordinator that is started anew where it is to hold something. After a case that was not carried out, or in
/// which a rule was broken, the next one gets a lab of its own.
/// </summary>
/// <param name="options">What lab and guests are made of.</param>
/// <param name="network">Guests have an address that comes along.</param>
/// <param name="time">For waits.</param>
internal sealed class SitesCases(LabOptions options, bool network, TimeProvider time) : IAsyncDisposable
{
    private const int FirstAddress = 10;
    private SitesLab? _lab;
    private int _cases;

    /// <summary>Runs one.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public async Task<CaseReport> RunAsync(FaultCase fault, CaseScreen screen, CancellationToken cancellation)
    {
        var facts = await LabMachines.Hypervisor(options, time).ProbeAsync(cancellation);
        _lab ??= await SitesLab.MakeAsync(
            options, SitesLab.UsualWan, NodeFiles.Migration(options), time, cancellation);
        var isWell = false;
        try
        {
            var spec = SpecOf(_cases++, facts);
            await _lab.HoldAsync(Breaker.NeedsHold(fault, options) ? fault.At : FaultStage.Off);
            var report = await RunAsync(
                _lab, spec, $"{facts.Version} ({facts.Accelerator})", fault, screen, cancellation);
            isWell = report.Ok;
            return report;
        }
        catch (Exception e) when (e is NetworkException or NetlinkException or SocketException)
        {
            throw new LabException($"The lab's network could not be looked at: {e.Message}", e);
        }
        finally
        {
            if (!isWell)
                await DisposeAsync();
        }
    }

    /// <summary>Takes away the lab that is up.</summary>
    public async ValueTask DisposeAsync()
    {
        // Forgotten first: one that could not be taken away is not the next case's.
        if (Interlocked.Exchange(ref _lab, null) is { } lab)
            await lab.DisposeAsync();
    }

    private async Task<CaseReport> RunAsync(
        SitesLab lab, VmSpec spec, string version, FaultCase fault, CaseScreen screen, CancellationToken cancellation)
    {
        var disk = options.HasDisk ? new CaseDisk(new LabDisk(lab, spec.Id, options), lab, time) : null;
        using var fabric = ((ICaseLab)lab).Operator();
        await using var witness = new SitesWitness(lab, spec, fabric, disk, screen, time);
        await using var scene = new CaseScene(lab, options, spec, version, time) { Disk = disk, Witness = witness };
        return await new CaseRun(scene, fault, screen, time).RunAsync(cancellation);
    }

    private VmSpec SpecOf(int number, HypervisorFacts facts)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"f{number + 1}");
        if (!network)
            return LabMachines.Spec(name, options, facts);
        var place = FirstAddress + (number % Limits.Faults.AddressesMax);
        var address = new IPAddress([10, 100, (byte)(place >> 8), (byte)place]);
        var guest = options with { Dirtier = options.Dirtier + RoutedAddress.Append(address) };
        return LabMachines.Spec(name, guest, facts) with
        {
            Network = RoutedAddress.Of(address, $"52:54:00:00:{place >> 8:x2}:{place & 0xff:x2}", $"v{name}"),
        };
    }
}
