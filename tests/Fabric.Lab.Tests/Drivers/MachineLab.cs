using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>Machines of one test, of one hypervisor, in a directory of its own; all are ended with it.</summary>
internal sealed class MachineLab : IAsyncDisposable
{
    public static readonly TransferPolicy Fast = new(0, 300);

    private readonly List<IMachine> _machines = [];
    private int _count;

    public MachineLab(string kind, TimeSpan? commandTimeout = null)
    {
        Hypervisor = LabEnvironment.Hypervisor(kind, commandTimeout);
        Spec = LabEnvironment.IsEmbedded(kind) ? LabGuest.EmbeddedSpec("guest") : LabGuest.Spec("guest");
    }

    public IHypervisor Hypervisor { get; }

    public VmSpec Spec { get; }

    public string Root { get; } = System.IO.Directory.CreateTempSubdirectory("fabric-lab-").FullName;

    public string NewPath(string name) => Path.Combine(Root, $"{name}{++_count}");

    public async Task<QemuMachine> StartAsync(StartMode mode, VmSpec? spec = null) =>
        Track(await Hypervisor.StartAsync(spec ?? Spec, mode, NewPath("m"), CancellationToken.None));

    public QemuMachine Track(IMachine machine)
    {
        _machines.Add(machine);
        return (QemuMachine)machine;
    }

    /// <summary>A target that listens, and the socket it listens on.</summary>
    public async Task<(QemuMachine Machine, string Socket)> ListenAsync(VmSpec? spec = null)
    {
        var target = await StartAsync(StartMode.Incoming, spec);
        var socket = NewPath("in");
        await target.BeginIncomingAsync(socket, CancellationToken.None);
        return (target, socket);
    }

    /// <summary>A running guest, made from a saved stream in a fraction of its boot time.</summary>
    public async Task<QemuMachine> RestoreAsync(byte[] stream)
    {
        var (machine, path) = await ListenAsync();
        await using var log = new EventLog(machine);
        using var socket = await StreamSocket.ConnectAsync(path);
        var answers = StreamSocket.CopyAsync(socket, null, null);
        for (var sent = 0; sent < stream.Length;)
            sent += await socket.SendAsync(stream.AsMemory(sent));
        await log.UntilPhaseAsync(MigrationPhase.Completed);
        await log.UntilRunAsync(RunState.Paused);
        socket.Close();
        await answers;
        await machine.ContinueAsync(CancellationToken.None);
        return machine;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines)
        {
            await machine.DisposeAsync();
            await Hypervisor.KillAsync(((QemuMachine)machine).Directory.Path, CancellationToken.None);
        }

        System.IO.Directory.Delete(Root, recursive: true);
    }
}
