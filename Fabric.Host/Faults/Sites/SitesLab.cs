using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Fabric.Drivers.Network;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Faults.Run;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>A lab of two sites that is up: what can be looked at and broken in it.</summary>
internal sealed class SitesLab : ICaseLab, IAsyncDisposable
{
    /// <summary>50 ms there and back, 200 Mbit/s each way: a guest of 128 MiB is through in half a minute.</summary>
    public static readonly ImpairSettings UsualWan = new(TimeSpan.FromMilliseconds(25), default, 25_000_000);

    /// <summary>The coordinator's node.</summary>
    public const string CoordinatorName = "ctl";

    private const string HoldBegins = "# hold";
    private static readonly TaskCompletionSource Never = new();
    private readonly LabFacts _facts;
    private readonly bool _keep;
    private readonly TimeProvider _time;
    private FaultStage _held = FaultStage.Off;
    private FaultStage _next = FaultStage.Off;

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

    /// <inheritdoc/>
    public string Journal => Path.Combine(_facts.Directory, CoordinatorName, "journal.db");

    /// <summary>For files of the demo; on one file system with all the hosts' disks.</summary>
    public string Directory => _facts.Directory;

    /// <inheritdoc/>
    public string Scratch => Directory;

    /// <inheritdoc/>
    public string Logs => $"The nodes' logs in {Directory}/log tell more, while the lab is there.";

    /// <inheritdoc/>
    public Task Failed => Never.Task;

    /// <inheritdoc/>
    public (int Opened, int Plain)? Connections => null;

    /// <inheritdoc/>
    public IReadOnlyList<string> HostNames => [.. Hosts.Select(h => h.Name)];

    /// <inheritdoc/>
    string ICaseLab.CoordinatorName => CoordinatorName;

    /// <inheritdoc/>
    string ICaseLab.Source => Source.Name;

    /// <inheritdoc/>
    string ICaseLab.Target => Target.Name;

    /// <summary>Where the client is.</summary>
    public NetworkNamespace ClientPlace => new(_facts.Client.Namespace);

    /// <summary>It was made for this demo, and is taken away at the end unless it is to be kept.</summary>
    public bool IsOwn { get; }

    /// <summary>Takes the lab that is up, and gives it that WAN; else makes one.</summary>
    /// <param name="name">Of the lab to take.</param>
    /// <param name="options">Of one to make.</param>
    /// <param name="wan">Between the sites.</param>
    /// <param name="time">For waits.</param>
    /// <param name="cancellation">Ends it; nothing is left.</param>
    public static async Task<SitesLab> TakeAsync(
        string name, LabOptions options, ImpairSettings wan, TimeProvider time, CancellationToken cancellation)
    {
        if (LabScripts.Find(name) is not { } there)
            return await MakeAsync(options, wan, coordinator: "", time, cancellation);
        if (!there.Nodes)
            throw new LabException($"The lab '{there.Name}' has no nodes: take it down, and up without --no-nodes.");
        var lab = new SitesLab(there, own: false, keep: true, time);
        await lab.ChangeWanAsync(
            new ImpairChange
            {
                DelayMs = wan.Delay.TotalMilliseconds,
                BytesPerSecond = wan.BytesPerSecond,
                Loss = wan.Loss,
            },
            cancellation);
        return lab;
    }

    /// <summary>Makes one of its own.</summary>
    /// <param name="options">Its hypervisor, and whether it stays.</param>
    /// <param name="wan">Between the sites.</param>
    /// <param name="coordinator">Further settings of the coordinator: HOCON in its <c>fabric</c>.</param>
    /// <param name="time">For waits.</param>
    /// <param name="cancellation">Ends it; nothing is left.</param>
    public static async Task<SitesLab> MakeAsync(
        LabOptions options, ImpairSettings wan, string coordinator, TimeProvider time, CancellationToken cancellation)
    {
        var name = $"d{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3))}";
        string Number(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
        var up = await LabScripts.UpAsync(
            [
                "--name", name, "--qemu", options.QemuBinary, "--delay", $"{Number(wan.Delay.TotalMilliseconds)}ms",
                "--rate", $"{wan.BytesPerSecond * 8 / 1000}kbit", "--loss", Number(wan.Loss),
                "--coordinator", coordinator,
            ],
            time, cancellation);
        return new SitesLab(up, own: true, options.Keep, time);
    }

    /// <summary>The directory with a host's copies of a VM.</summary>
    public static string CopiesOf(LabHost host, VmId vm) => Path.Combine(host.Directory, "vms", vm.Value);

    /// <inheritdoc/>
    public string CopiesOf(string host, VmId vm) => CopiesOf(HostOf(host), vm);

    /// <inheritdoc/>
    public string LedgerOf(string host) => Path.Combine(HostOf(host).Directory, "ledger.db");

    /// <inheritdoc/>
    public string DisksOf(string host) => HostOf(host).Disks;

    /// <inheritdoc/>
    public FabricOperator Operator() =>
        new(Coordinator.Url, Coordinator.Certificates, _time, new NetworkNamespace(Coordinator.Namespace));

    /// <inheritdoc/>
    public async Task<long> CarriedAsync(CancellationToken cancellation)
    {
        var wan = await WanAsync(cancellation);
        return wan.BytesThere + wan.BytesBack;
    }

    /// <inheritdoc/>
    public ILabPart PartOf(FaultVictim victim, VmSpec spec) => victim switch
    {
        FaultVictim.DataLink => new WanPart(this, _time),
        FaultVictim.NodeLink => new CorePart(_facts.Core.Namespace, Coordinator, _time),
        FaultVictim.SourceNetwork => new NetworkPart(this, Source, spec, isTarget: false, _time),
        FaultVictim.TargetNetwork => new NetworkPart(this, Target, spec, isTarget: true, _time),
        _ => throw new ArgumentOutOfRangeException(nameof(victim), victim, "not a part of a lab"),
    };

    /// <summary>What the WAN is like and has carried.</summary>
    public Task<ImpairCounters> WanAsync(CancellationToken cancellation) =>
        ChangeWanAsync(new ImpairChange(), cancellation);

    /// <summary>The routers, and by which of their interfaces a site is reached from each.</summary>
    public IEnumerable<(NetworkNamespace Place, string Link)> WaysTo(LabSite site)
    {
        yield return (CorePlace, site.Gateway.Namespace[(Name.Length + 1)..]);
        foreach (var one in Sites)
            yield return (new NetworkNamespace(one.Gateway.Namespace), one == site ? "lan" : "wan");
    }

    /// <summary>Cuts the WAN: every packet is lost for so long.</summary>
    public Task CutWanAsync(TimeSpan length, CancellationToken cancellation) =>
        ChangeWanAsync(new ImpairChange { CutMs = length.TotalMilliseconds }, cancellation);

    /// <summary>Makes the WAN another.</summary>
    public async Task<ImpairCounters> ChangeWanAsync(ImpairChange change, CancellationToken cancellation)
    {
        var answer = await ImpairControl.AskAsync(_facts.Wan.Control, change, _time, cancellation);
        return answer.Counters ?? throw new LabException($"The lab's WAN refuses: {answer.Error}.");
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
            if (string.Equals(node, CoordinatorName, StringComparison.Ordinal))
                _held = _next;
        }
        catch (ArgumentException e)
        {
            throw new LabException($"Node {node} was not running when it was to be killed.", e);
        }
    }

    /// <summary>
    /// Has the coordinator hold the next migration at a stage, or none: it is started anew, but where it held none and is to
    /// hold none.
    /// </summary>
    public async Task HoldAsync(FaultStage stage)
    {
        SetHold(stage);
        if (stage != FaultStage.Off || _held != FaultStage.Off)
            await KillAsync(CoordinatorName);
    }

    /// <inheritdoc/>
    public void ForgetHold() => SetHold(FaultStage.Off);

    /// <summary>Has the coordinator's next start hold migrations at a stage, or hold nothing.</summary>
    private void SetHold(FaultStage stage)
    {
        _next = stage;
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

    private LabHost HostOf(string name) =>
        Hosts.First(h => string.Equals(h.Name, name, StringComparison.Ordinal));
}
