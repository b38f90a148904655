using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Configuration;
using Fabric.Host.Faults;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Demo.Sites;

/// <summary>A lab of two sites that is up: what can be looked at and broken in it.</summary>
internal sealed class SitesLab : IAsyncDisposable
{
    /// <summary>The coordinator's node.</summary>
    public const string CoordinatorName = "ctl";

    private const string HoldBegins = "# hold";
    private readonly LabFacts _facts;
    private readonly bool _keep;
    private readonly TimeProvider _time;

    private SitesLab(LabFacts facts, bool own, bool keep, TimeProvider time) =>
        (_facts, IsOwn, _keep, _time) = (facts, own, keep, time);

    /// <summary>Its name.</summary>
    public string Name => _facts.Name;

    /// <summary>Its sites.</summary>
    public IReadOnlyList<LabSite> Sites => _facts.Sites;

    /// <summary>The router between the sites and the client.</summary>
    public NetworkNamespace CorePlace => new(_facts.Core.Namespace);

    /// <summary>All its hosts.</summary>
    public IEnumerable<LabHost> Hosts => _facts.Sites.SelectMany(s => s.Hosts);

    /// <summary>Where the guest begins: the first host of the first site.</summary>
    public LabHost Source => _facts.Sites[0].Hosts[0];

    /// <summary>Where it is to go: the first host of the second site.</summary>
    public LabHost Target => _facts.Sites[1].Hosts[0];

    /// <summary>The coordinator's API and its certificates.</summary>
    public LabCoordinator Coordinator => _facts.Coordinator;

    /// <summary>The coordinator's journal.</summary>
    public string Journal => Path.Combine(_facts.Directory, CoordinatorName, "journal.db");

    /// <summary>For files of the demo; on one file system with all the hosts' disks.</summary>
    public string Directory => _facts.Directory;

    /// <summary>Where the client is.</summary>
    public NetworkNamespace ClientPlace => new(_facts.Client.Namespace);

    /// <summary>It was made for this demo, and is taken away at the end unless it is to be kept.</summary>
    public bool IsOwn { get; }

    /// <summary>Takes the lab that is up, and gives it that WAN; else makes one.</summary>
    public static async Task<SitesLab> TakeAsync(
        SitesOptions options, TimeProvider time, CancellationToken cancellation)
    {
        if (LabScripts.Find(options.Name) is { } there)
        {
            if (!there.Nodes)
                throw new LabException(
                    $"The lab '{there.Name}' has no nodes: take it down, and up without --no-nodes.");
            var lab = new SitesLab(there, own: false, keep: true, time);
            await lab.AskWanAsync(
                new ImpairChange
                {
                    DelayMs = options.Wan.Delay.TotalMilliseconds,
                    BytesPerSecond = options.Wan.BytesPerSecond,
                    Loss = options.Wan.Loss,
                },
                cancellation);
            return lab;
        }

        var name = $"d{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
        var up = await LabScripts.UpAsync(
            [
                "--name", name, "--qemu", options.Lab.QemuBinary, "--delay",
                $"{Number(options.Wan.Delay.TotalMilliseconds)}ms", "--rate",
                $"{options.Wan.BytesPerSecond * 8 / 1000}kbit",
                "--loss", Number(options.Wan.Loss),
            ],
            time, cancellation);
        return new SitesLab(up, own: true, options.Lab.Keep, time);
    }

    /// <summary>The directory with a host's copies of a VM.</summary>
    public static string CopiesOf(LabHost host, VmId vm) => Path.Combine(host.Directory, "vms", vm.Value);

    /// <summary>What the WAN is like and has carried.</summary>
    public Task<ImpairCounters> WanAsync(CancellationToken cancellation) =>
        AskWanAsync(new ImpairChange(), cancellation);

    /// <summary>Cuts the WAN: every packet is lost for so long.</summary>
    public Task CutWanAsync(TimeSpan length, CancellationToken cancellation) =>
        AskWanAsync(new ImpairChange { CutMs = length.TotalMilliseconds }, cancellation);

    /// <summary>Cuts the coordinator off, or joins it again.</summary>
    public void CutCoordinatorOff(bool off)
    {
        using var kernel = NetlinkRoute.Open(new NetworkNamespace(_facts.Core.Namespace));
        var link = kernel.Link(CoordinatorName)
            ?? throw new LabException($"The lab's core has no interface '{CoordinatorName}'.");
        kernel.SetUp(link.Index, up: !off);
    }

    /// <summary>The process of a node, or none between two.</summary>
    public int? ProcessOf(string node)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(_facts.Directory, node + ".pid"));
            const NumberStyles Style = NumberStyles.AllowTrailingWhite;
            return int.TryParse(text, Style, CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>kill -9; it is started again after a second.</summary>
    public async Task KillAsync(string node)
    {
        var id = ProcessOf(node) ?? throw new LabException($"Node {node} was not running when it was to be killed.");
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            await process.WaitForExitAsync();
        }
        catch (ArgumentException e)
        {
            throw new LabException($"Node {node} was not running when it was to be killed.", e);
        }
    }

    /// <summary>Has the coordinator's next start hold migrations at a stage, or hold nothing.</summary>
    public void SetHold(FaultStage stage)
    {
        var file = Path.Combine(_facts.Directory, CoordinatorName + ".conf");
        var lines = File.ReadAllLines(file).Where(l => !l.EndsWith(HoldBegins, StringComparison.Ordinal)).ToList();
        if (stage != FaultStage.Off)
            lines.Add($"fabric.faults {{ hold-at = {FaultNames.WordOf(stage)}, hold-timeout = 30s }} {HoldBegins}");
        File.WriteAllLines(file, lines);
    }

    /// <summary>Takes away what it made.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_keep)
            await LabScripts.DownAsync(_facts.Name, _time);
    }

    private async Task<ImpairCounters> AskWanAsync(ImpairChange change, CancellationToken cancellation)
    {
        var answer = await ImpairControl.AskAsync(_facts.Wan.Control, change, _time, cancellation);
        return answer.Counters ?? throw new LabException($"The lab's WAN refuses: {answer.Error}.");
    }
}
