using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Drivers.Qemu;
using Fabric.Host.Certificates;
using Fabric.Host.Configuration;
using Fabric.Host.Nodes;
using Fabric.Protocol;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging;

namespace Fabric.Lab.Tests.Migration;

/// <summary>
/// A coordinator and hosts in this process, over real links, real ledgers and real QEMU. A role can be ended and
/// started again as after a crash of its process: its QEMU processes run on. The benchmarks use it too, so it knows
/// no test library.
/// </summary>
internal sealed class LabFabric : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fl-").FullName;
    private readonly Dictionary<string, (HostRole Role, NodeCertificate Certificate)> _hosts = new(
        StringComparer.Ordinal);
    private readonly QemuOptions _qemu;
    private readonly IReadOnlyDictionary<string, string> _more;
    private readonly int _port = FreePort();
    private readonly LabLog _log = new();
    private readonly ILoggerFactory _logs;
    private CoordinatorRole? _coordinator;
    private NodeCertificate? _coordinatorCertificate;

    private LabFabric(QemuOptions qemu, IReadOnlyDictionary<string, string> more)
    {
        _qemu = qemu;
        _more = more;
        _logs = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Debug).AddProvider(_log));
    }

    /// <summary>Runs a test's body with all hosts up; what it throws comes with the fabric's log.</summary>
    /// <param name="qemu">Which QEMU.</param>
    /// <param name="hosts">Hosts to start.</param>
    /// <param name="body">The test.</param>
    /// <param name="more">Further hosts, with certificates but not started, and what their configuration says
    /// more.</param>
    public static Task RunAsync(
        QemuOptions qemu, string[] hosts, Func<LabFabric, Task> body,
        IReadOnlyDictionary<string, string>? more = null) =>
        RunBareAsync(
            qemu, hosts,
            async fabric =>
            {
                foreach (var host in hosts)
                    await fabric.StartHostAsync(host);
                await body(fabric);
            },
            more);

    /// <summary>The same, but the hosts are the body's to start.</summary>
    public static async Task RunBareAsync(
        QemuOptions qemu, string[] hosts, Func<LabFabric, Task> body, IReadOnlyDictionary<string, string>? more = null)
    {
        await using var fabric = await StartAsync(
            qemu, hosts, more ?? new Dictionary<string, string>(StringComparer.Ordinal));
        try
        {
            await body(fabric);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n\n{fabric._log}", e);
        }
    }

    public CoordinatorRole Coordinator => _coordinator!;

    private static async Task<LabFabric> StartAsync(
        QemuOptions qemu, string[] hosts, IReadOnlyDictionary<string, string> more)
    {
        var fabric = new LabFabric(qemu, more);
        CertificateAuthority.Init(fabric.PathOf("ca"), "lab", TimeSpan.FromDays(1), TimeProvider.System, force: false);
        foreach (var node in hosts.Prepend("coordinator").Concat(more.Keys))
        {
            CertificateAuthority.IssueNode(
                fabric.PathOf("ca"), node, null, TimeSpan.FromDays(1), TimeProvider.System, force: false);
        }

        await fabric.StartCoordinatorAsync();
        return fabric;
    }

    public async Task StartCoordinatorAsync()
    {
        var (settings, certificate) = Load(
            Configure("coordinator", $"coordinator {{ listen = \"127.0.0.1:{_port}\" }}"));
        _coordinatorCertificate = certificate;
        _coordinator = await CoordinatorRole.StartAsync(
            settings, new PeerPolicy(certificate, TimeProvider.System), _logs, TimeProvider.System, default);
    }

    public async Task StartHostAsync(string host)
    {
        var (settings, certificate) = Load(ConfigureHost(host));
        using var up = _coordinator!.System.EventStream.Subscribe<HostUp>();
        var role = await HostRole.StartAsync(
            settings, new PeerPolicy(certificate, TimeProvider.System), _logs, TimeProvider.System, default);
        _hosts[host] = (role, certificate);
        await up.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>Ends the coordinator; hosts keep looking for it.</summary>
    public async Task StopCoordinatorAsync()
    {
        await _coordinator!.DisposeAsync();
        _coordinatorCertificate!.Dispose();
    }

    /// <summary>kill -9 to the QEMU of a copy at a host; the copy whose directory's name starts so.</summary>
    public async Task KillMachineAsync(string host, string copy)
    {
        var directory = Directory.EnumerateDirectories(Path.Combine(_directory, host, "vms", LabGuest.Vm.Value))
            .Single(d => Path.GetFileName(d).StartsWith(copy, StringComparison.Ordinal));
        if (!await new QemuHypervisor(_qemu, TimeProvider.System).KillAsync(directory, default))
            throw new InvalidOperationException($"There is no process to kill in '{directory}'.");
    }

    /// <summary>The directories of a host that hold a living QEMU.</summary>
    public IReadOnlyList<string> LivingMachines(string host) =>
        [.. Directory.EnumerateFiles(Path.Combine(_directory, host), "process.json", SearchOption.AllDirectories)
            .Select(f => Path.GetDirectoryName(f)!).Where(QemuLives)];

    /// <summary>Waits for the first event of a kind in a migration's journal.</summary>
    public async Task SeenAsync<T>(MigrationId id)
        where T : MigrationEvent => await Until.TrueAsync(async () => (await JournalAsync(id)).OfType<T>().Any());

    /// <summary>Waits for the first page that a host holds of a guest.</summary>
    public Task HoldsPagesAsync(string host) => Until.TrueAsync(() => Task.FromResult(
        Directory.EnumerateFiles(Path.Combine(_directory, host), "head", SearchOption.AllDirectories).Any()));

    /// <summary>Waits for a line in the fabric's log.</summary>
    public Task SaidAsync(string line) =>
        Until.TrueAsync(() => Task.FromResult(_log.ToString().Contains(line, StringComparison.Ordinal)));

    /// <summary>Starts the host's agent outside of this process; whoever launches it ends it too.</summary>
    public async Task<T> LaunchHostAsync<T>(string host, Func<string, T> launch)
    {
        using var up = _coordinator!.System.EventStream.Subscribe<HostUp>();
        var launched = launch(ConfigureHost(host));
        await up.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return launched;
    }

    /// <summary>Ends the host's agent; its QEMU processes run on.</summary>
    public async Task StopHostAsync(string host)
    {
        await _hosts[host].Role.DisposeAsync();
        _hosts[host].Certificate.Dispose();
        _hosts.Remove(host);
    }

    public Task<T> AskAsync<T>(string kind, string id, object message) =>
        Coordinator.System.Entity(kind, id).Ask<T>(message, TimeSpan.FromSeconds(30));

    public async Task<MigrationId> MigrateAsync(VmId vm, string target, MigrationPolicy policy)
    {
        var reply = await AskAsync<VmReply>(EntityKinds.Vm, vm.Value, new MigrateRequested(HostId.Of(target), policy));
        return Accepted(reply).Migration!.Value;
    }

    public async Task BootAsync(VmSpec spec, string host, int seconds = 60)
    {
        Accepted(await AskAsync<VmReply>(EntityKinds.Vm, spec.Id.Value, new CreateVm(spec, HostId.Of(host))));
        Accepted(await AskAsync<VmReply>(EntityKinds.Vm, spec.Id.Value, new StartRequested()));
        await Until.TrueAsync(
            async () => await AskAsync<VmState>(EntityKinds.Vm, spec.Id.Value, Describe.State) is RunningVm);
        await Until.TrueAsync(() => Task.FromResult(Consoles(host, spec.Id).Any(
            c => File.ReadAllText(c).Contains("DIRTIER ready", StringComparison.Ordinal))), seconds);
    }

    /// <summary>The journal of a migration, once it has ended and what was left is cleared.</summary>
    public async Task<IReadOnlyList<MigrationEvent>> EndAsync(MigrationId id)
    {
        IReadOnlyList<MigrationEvent> events = [];
        await Until.TrueAsync(async () =>
        {
            events = await JournalAsync(id);
            return events.Any(
                e => e is CleanedUp or MigrationEnded { Outcome: MigrationOutcome.Refused } or HeldForOperator);
        });
        return events;
    }

    public async Task<IReadOnlyList<MigrationEvent>> JournalAsync(MigrationId id)
    {
        var events = new List<MigrationEvent>();
        await foreach (var recorded in Coordinator.Journal.ReadAsync(FabricEvents.StreamOf(id)))
            events.Add((MigrationEvent)recorded.Event);
        return events;
    }

    public IEnumerable<string> Consoles(string host, VmId vm)
    {
        var directory = Path.Combine(_directory, host, "vms", vm.Value);
        return Directory.Exists(directory)
            ? Directory.EnumerateFiles(directory, "console.log", SearchOption.AllDirectories)
            : [];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Keys.ToList())
            await StopHostAsync(host);
        if (_coordinator is not null)
            await _coordinator.DisposeAsync();
        _coordinatorCertificate?.Dispose();
        var hypervisor = new QemuHypervisor(_qemu, TimeProvider.System);
        foreach (var process in Directory.EnumerateFiles(_directory, "process.json", SearchOption.AllDirectories))
            await hypervisor.KillAsync(Path.GetDirectoryName(process)!, default);
        _logs.Dispose();
        if (Environment.GetEnvironmentVariable("FABRIC_LAB_KEEP") is null)
            Directory.Delete(_directory, recursive: true);
    }

    private static VmReply Accepted(VmReply reply) => reply.Refusal is { } why
        ? throw new InvalidOperationException($"the fabric refused: {why}")
        : reply;

    private string ConfigureHost(string host)
    {
        var data = FreePort();
        Directory.CreateDirectory(DisksOf(host));
        return Configure(host, string.Create(CultureInfo.InvariantCulture, $$"""
            coordinator { url = "https://127.0.0.1:{{_port}}" }
            host {
              data { listen = "127.0.0.1:{{data}}", advertise = "127.0.0.1:{{data}}" }
              {{_more.GetValueOrDefault(host)}}
              qemu { binary = "{{_qemu.Binary}}", accelerator = tcg }
              disks { local = "{{DisksOf(host)}}" }
            }
            """));
    }

    private string Configure(string node, string more)
    {
        var file = PathOf($"{node}.conf");
        var role = node is "coordinator" ? "coordinator" : "host";
        File.WriteAllText(file, $$"""
            fabric {
              node { name = {{node}}, state-dir = "{{PathOf(node)}}", roles = [{{role}}] }
              tls { ca = "ca/ca.crt", cert = "ca/{{node}}.crt", key = "ca/{{node}}.key" }
              {{more}}
            }
            """);
        return file;
    }

    private static (NodeSettings Settings, NodeCertificate Certificate) Load(string file)
    {
        var settings = NodeSettings.Load(file, _ => null);
        return (settings, CertificateFiles.Load(
            settings.Tls.CaFile, settings.Tls.CertificateFile, settings.Tls.KeyFile, TimeProvider.System));
    }

    private static bool QemuLives(string directory)
    {
        // QEMU takes its pid file along when it ends by itself.
        var file = Path.Combine(directory, "qemu.pid");
        return File.Exists(file) && File.ReadAllText(file).Trim() is var pid && File.Exists($"/proc/{pid}/cmdline")
            && File.ReadAllText($"/proc/{pid}/cmdline").Contains(directory, StringComparison.Ordinal);
    }

    /// <summary>Where a host has the images of its local disks.</summary>
    public string DisksOf(string host) => Path.Combine(_directory, $"{host}-disks");

    /// <summary>Where a host notes what was before a network moved.</summary>
    public string NetworkNotesOf(string host) => Path.Combine(_directory, host, "network");

    private string PathOf(string name) => Path.Combine(_directory, name);

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
