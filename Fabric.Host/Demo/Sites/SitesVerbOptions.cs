using System.CommandLine;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Sites;
using Fabric.Host.Impair;

namespace Fabric.Host.Demo.Sites;

/// <summary>The options of <c>fabric demo</c> that are of the demo between two sites.</summary>
internal sealed class SitesVerbOptions
{
    private const string Two = "two";
    private const string None = "none";
    private const string Local = "local";
    private const string Routed = "routed";

    public SitesVerbOptions()
    {
        _sites.AcceptOnlyFromAmong(Two);
        _disk.AcceptOnlyFromAmong(Local, None);
        _network.AcceptOnlyFromAmong(Routed, None);
    }

    private readonly Option<string?> _sites = new("--sites")
    {
        Description = "Move it over a WAN between two sites of network namespaces, with a client. Needs root.",
    };

    private readonly Option<string?> _disk = new("--disk")
    {
        Description = "With --sites: the guest writes a disk that is copied (local, the default), or has none.",
    };

    private readonly Option<string?> _network = new("--network")
    {
        Description = "With --sites: the guest's address moves, and a client downloads (routed, the default), or none.",
    };

    private readonly Option<string?> _lab = new("--lab")
    {
        Description = "With --sites: the lab of deploy/lab/up to use; 'lab' if it is up, else one of its own.",
        HelpName = "name",
    };

    /// <summary>Adds them.</summary>
    public void AddTo(Command verb)
    {
        foreach (var option in new[] { _sites, _disk, _network, _lab })
            verb.Options.Add(option);
    }

    /// <summary>Whether it is this demo.</summary>
    public bool AreTwo(Func<Option<string?>, string?> value) => value(_sites) is not null;

    /// <summary>What is asked for.</summary>
    public SitesOptions OptionsOf(LabOptions lab, Func<Option<string?>, string?> value)
    {
        var options = new SitesOptions
        {
            // The WAN is what bounds it.
            Lab = lab with { SettleWithin = lab.SettleWithin + lab.DataOutage },
            Wan = lab.Wan == ImpairSettings.None ? SitesLab.UsualWan : lab.Wan,
            Disk = value(_disk) is null or Local,
            Network = value(_network) is null or Routed,
        };
        return value(_lab) is { } name ? options with { Name = name } : options;
    }

    /// <summary>What makes no sense; null when all does.</summary>
    public string? Fault(Func<Option<string?>, string?> value, string? hypervisor, bool matrix)
    {
        if (!AreTwo(value))
        {
            return new[] { _disk, _network, _lab }.FirstOrDefault(o => value(o) is not null) is { } lonely
                ? $"{lonely.Name} goes with --sites two."
                : null;
        }

        if (!string.Equals(hypervisor, FaultNames.WordOf(HypervisorKind.Qemu), StringComparison.Ordinal))
            return "--sites goes with --hypervisor qemu: the embedded one has neither disks nor networks.";
        return matrix ? "--matrix goes without --sites." : null;
    }
}
