using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Fabric.Drivers;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Sites;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>
/// The guest of the demo between sites: it has an address of its own, a web server, and a disk that it writes.
/// </summary>
internal static class SitesGuest
{
    /// <summary>Its image, in the host's directory of local disks.</summary>
    public const string Image = "web.qcow2";

    /// <summary>Its web server.</summary>
    public static IPEndPoint Server { get; } = new(IPAddress.Parse("10.100.0.7"), 80);

    /// <summary>
    /// What it is made of. Each has a name of its own: in a lab that stays, the consoles of earlier ones are still there.
    /// </summary>
    public static VmSpec Spec(SitesOptions options, HypervisorFacts facts)
    {
        var name = $"web-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(2))}";
        var network = options.Network ? RoutedAddress.Append(Server.Address) : "";
        var disk = options.Disk
            ? string.Create(
                CultureInfo.InvariantCulture,
                $" w.disk=/dev/vda w.rate={options.WriterKiBPerSecond} w.mib={options.WriterMiB}")
            : "";
        var plain = LabMachines.Spec(
            name, options.Lab with { Dirtier = options.Lab.Dirtier + network + disk }, facts);
        return plain with
        {
            Disks = options.Disk ? [new DiskSpec { Id = DiskId.Of("root"), File = Image }] : [],
            Network = options.Network ? RoutedAddress.Of(Server.Address, "52:54:00:00:00:07", "vweb") : null,
        };
    }
}
