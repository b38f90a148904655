using System.Net;
using Fabric.Host.Certificates;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Run;
using Fabric.Host.Impair;
using Fabric.Host.Nodes;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// A coordinator and two hosts in processes of their own on loopback, every connection between them through a proxy of
/// this process, all files in one directory.
/// </summary>
internal sealed class LabCluster : ICaseLab, IAsyncDisposable
{
    /// <summary>The coordinator's node.</summary>
    public const string CoordinatorName = "coord";

    private static readonly string[] HostNames = ["host-a", "host-b"];

    // A hypervisor that is being started when its node is killed shows up a moment later.
    private const int KillRoundsMax = 5;

    private readonly LabDirectory _directory;
    private readonly LabOptions _options;
    private readonly TimeProvider _time;
    private readonly int _coordinatorPort;
    private readonly int[] _dataPorts;

    private LabCluster(LabDirectory directory, LabOptions options, TimeProvider time)
    {
        (_directory, _options, _time) = (directory, options, time);
        var ports = FreePorts.Take(1 + HostNames.Length);
        _coordinatorPort = ports[0];
        _dataPorts = ports[1..];
        TcpProxy ProxyTo(int port, ImpairSettings line) =>
            TcpProxy.Start(new IPEndPoint(IPAddress.Loopback, port), line, time);
        NodeLinks = [.. HostNames.Select(_ => ProxyTo(_coordinatorPort, ImpairSettings.None))];
        DataLinks = [.. _dataPorts.Select(port => ProxyTo(port, options.Wan))];
        Nodes = HostNames.Prepend(CoordinatorName).ToDictionary(n => n, NewProcess, StringComparer.Ordinal);
    }

    /// <summary>Where the guest begins.</summary>
    public static string Source => HostNames[0];

    /// <summary>Where it is to go.</summary>
    public static string Target => HostNames[1];

    /// <summary>Each host's way to the coordinator.</summary>
    public IReadOnlyList<TcpProxy> NodeLinks { get; }

    /// <summary>The ways to each host's data port.</summary>
    public IReadOnlyList<TcpProxy> DataLinks { get; }

    /// <summary>The node processes by name.</summary>
    public IReadOnlyDictionary<string, NodeProcess> Nodes { get; }

    /// <summary>The coordinator's API.</summary>
    public Uri Api => new($"https://127.0.0.1:{_coordinatorPort}");

    /// <summary>Folder with the throw-away certificates.</summary>
    public string Certificates => _directory.In("pki");

    /// <inheritdoc/>
    public string Journal => _directory.In(CoordinatorName, "journal.db");

    /// <inheritdoc/>
    public string Scratch => _directory.Path;

    /// <inheritdoc/>
    public string Logs => "With --keep the nodes' logs stay.";

    /// <inheritdoc/>
    public Task Failed => Task.WhenAny(Nodes.Values.Select(n => n.Failed)).Unwrap();

    /// <inheritdoc/>
    public (int Opened, int Plain)? Connections =>
        (NodeLinks.Concat(DataLinks).Sum(l => l.Seen.Opened), NodeLinks.Concat(DataLinks).Sum(l => l.Seen.Plain));

    /// <inheritdoc/>
    IReadOnlyList<string> ICaseLab.HostNames => HostNames;

    /// <inheritdoc/>
    string ICaseLab.CoordinatorName => CoordinatorName;

    /// <inheritdoc/>
    string ICaseLab.Source => Source;

    /// <inheritdoc/>
    string ICaseLab.Target => Target;

    /// <summary>Writes certificates and configurations and starts the three nodes.</summary>
    /// <param name="directory">For all its files.</param>
    /// <param name="options">What it is made of.</param>
    /// <param name="holdAt">The stage in which the coordinator holds the first migration.</param>
    /// <param name="time">For waits and certificates.</param>
    public static LabCluster Start(
        LabDirectory directory, LabOptions options, FaultStage holdAt, TimeProvider time)
    {
        var cluster = new LabCluster(directory, options, time);
        var validity = TimeSpan.FromDays(1);
        CertificateAuthority.Init(cluster.Certificates, "fabric-lab", validity, time);
        foreach (var name in cluster.Nodes.Keys)
            CertificateAuthority.IssueNode(cluster.Certificates, name, names: null, validity, time);
        cluster.WriteConfigurations(holdAt);
        foreach (var host in options.HasDisk ? HostNames : [])
            Directory.CreateDirectory(cluster.DisksOf(host));
        foreach (var node in cluster.Nodes.Values)
            node.Start();
        return cluster;
    }

    /// <inheritdoc/>
    public string LedgerOf(string host) => _directory.In(host, "ledger.db");

    /// <inheritdoc/>
    public string DisksOf(string host) => NodeFiles.DisksOf(_directory, host);

    /// <inheritdoc/>
    public string CopiesOf(string host, VmId vm) => _directory.In(host, "vms", vm.Value);

    /// <inheritdoc/>
    public FabricOperator Operator() => new(Api, Certificates, _time);

    /// <inheritdoc/>
    public int? ProcessOf(string node) => Nodes[node].ProcessId;

    /// <inheritdoc/>
    public async Task KillAsync(string node)
    {
        if (!await Nodes[node].KillAsync())
            throw new LabException($"Node {node} was not running when it was to be killed.");
    }

    /// <inheritdoc/>
    public void ForgetHold() => WriteConfigurations(FaultStage.Off);

    /// <inheritdoc/>
    public Task<long> CarriedAsync(CancellationToken cancellation) => Task.FromResult(DataLinks.Sum(l => l.Bytes));

    /// <inheritdoc/>
    public ILabPart PartOf(FaultVictim victim, VmSpec spec) => victim switch
    {
        FaultVictim.DataLink => new ProxiedLinks(DataLinks, "data connections", _time),
        FaultVictim.NodeLink => new ProxiedLinks(NodeLinks, "node links", _time),
        _ => throw new ArgumentOutOfRangeException(nameof(victim), victim, "not in a lab on loopback"),
    };

    /// <summary>Ends all nodes and every hypervisor that they started.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes.Values)
            await node.DisposeAsync();
        foreach (var proxy in NodeLinks.Concat(DataLinks))
            await proxy.DisposeAsync();
        await KillMachinesAsync();
    }

    private async Task KillMachinesAsync()
    {
        var hypervisor = LabMachines.Hypervisor(_options, _time);
        foreach (var machines in HostNames.Select(h => _directory.In(h, "vms")).Where(Directory.Exists))
        {
            foreach (var copy in Directory.EnumerateDirectories(machines).SelectMany(Directory.EnumerateDirectories))
            {
                var rounds = 0;
                while (rounds < KillRoundsMax && await hypervisor.KillAsync(copy, CancellationToken.None))
                    rounds++;
            }
        }
    }

    private NodeProcess NewProcess(string name) => new(
        name, OwnProgram.Command("node", "--config", _directory.In(name + ".conf")), _directory.In(name + ".log"), _time);

    private void WriteConfigurations(FaultStage holdAt)
    {
        var files = new NodeFiles(_directory, _options, _coordinatorPort);
        File.WriteAllText(_directory.In(CoordinatorName + ".conf"), files.Coordinator(CoordinatorName, holdAt));
        for (var i = 0; i < HostNames.Length; i++)
        {
            File.WriteAllText(
                _directory.In(HostNames[i] + ".conf"),
                files.Host(HostNames[i], NodeLinks[i].Port, _dataPorts[i], DataLinks[i].Port));
        }
    }
}
