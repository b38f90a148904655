using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Drivers;
using Fabric.Drivers.Disks;
using Fabric.Drivers.Qemu;
using Fabric.Drivers.Qmp;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Disks;

/// <summary>
/// Two hosts of one test, each with its images: a source whose guest never starts (the test writes to its disk in its
/// place) and a target that waits. No agents and no link: the bytes go through a stream that the test can cut.
/// </summary>
internal sealed class DiskLab : IAsyncDisposable
{
    public const long DiskBytes = 64L << 20;

    public static readonly DiskId Disk = DiskId.Of("d0");

    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(60);

    private readonly string _version;
    private readonly List<QemuMachine> _machines = [];
    private readonly QemuHypervisor _sourceHypervisor;
    private readonly QemuHypervisor _targetHypervisor;
    private int _count;

    public DiskLab(string version, DiskFormat format)
    {
        _version = version;
        SourceImages = Images("source");
        TargetImages = Images("target");
        _sourceHypervisor = HypervisorOf(SourceImages);
        _targetHypervisor = HypervisorOf(TargetImages);
        DiskSpec = new DiskSpec { Id = Disk, File = "disk.img", Format = format };
        Spec = new VmSpec { Id = VmId.Of("v1"), MemoryKiB = (16 * 1024) + 64, Disks = [DiskSpec] };
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("fabric-disk-").FullName;

    public DiskImages SourceImages { get; }

    public DiskImages TargetImages { get; }

    public DiskSpec DiskSpec { get; }

    public VmSpec Spec { get; }

    public QemuMachine Source { get; private set; } = null!;

    public QemuMachine Target { get; private set; } = null!;

    public string Image { get; private set; } = "";

    public string SourcePath => SourceImages.PathOf(DiskSpec);

    public string TargetPath => TargetImages.PathOf(DiskSpec);

    private string Format => DiskSpec.Format == DiskFormat.Qcow2 ? "qcow2" : "raw";

    /// <summary>A source with data on its disk, and a target with an image of its own.</summary>
    public async Task StartAsync()
    {
        Tool("qemu-img", "create", "-q", "-f", Format, SourcePath, DiskBytes.ToString(CultureInfo.InvariantCulture));
        Source = await StartAsync(_sourceHypervisor, StartMode.Boot);
        await WriteAsync(1, 0, 24 << 20);
        await WriteAsync(2, 40 << 20, 8 << 20);
        await StartTargetAsync();
    }

    /// <summary>The source's process again, after it ended.</summary>
    public async Task StartSourceAsync() => Source = await StartAsync(_sourceHypervisor, StartMode.Boot);

    /// <summary>A target's process, in the image of an earlier one where there is one.</summary>
    public async Task StartTargetAsync()
    {
        var facts = await SourceImages.LookAsync(DiskSpec, default);
        Image = await TargetImages.MakeAsync(Spec.Id, DiskSpec, facts, default);
        Target = await StartAsync(_targetHypervisor, StartMode.Incoming);
        await Target.Disks!.ExportAsync([Disk], default);
    }

    /// <summary>A target's process in whatever image is there.</summary>
    public async Task<QemuMachine> StartOddTargetAsync() => Target = await StartAsync(_targetHypervisor, StartMode.Incoming);

    /// <summary>A copy through a stream of the test.</summary>
    public DiskCopy Copy(CountedStream.Line line, DiskCopyOptions? options = null) => DiskCopy.Start(
        Source.Disks!, Disk, Image,
        async c => new CountedStream(await DiskCopy.Over(Target.Disks!.SocketPath)(c), line),
        options ?? new DiskCopyOptions(), TimeProvider.System);

    /// <summary>Writes to the source's disk through its device, as its guest would.</summary>
    public async Task WriteAsync(byte pattern, long offset, long length) => (await IoAsync(
        string.Create(CultureInfo.InvariantCulture, $"write -P {pattern} {offset} {length}"))).ShouldBeEmpty();

    /// <summary>Zeroes a stretch of the source's disk as a guest's trim with zeroes does.</summary>
    public async Task ZeroAsync(long offset, long length) => (await IoAsync(
        string.Create(CultureInfo.InvariantCulture, $"write -z -u {offset} {length}"))).ShouldBeEmpty();

    /// <summary>The guest does not need a stretch any more.</summary>
    public async Task DiscardAsync(long offset, long length) => (await IoAsync(
        string.Create(CultureInfo.InvariantCulture, $"discard {offset} {length}"))).ShouldBeEmpty();

    /// <summary>One command at the source's observer monitor.</summary>
    public async Task<JsonElement> AskSourceAsync(string command, JsonObject? arguments = null)
    {
        await using var monitor = await QmpClient.ConnectAsync(
            Source.Directory.ObserverMonitor, new QmpOptions { CommandTimeout = HangGuard }, TimeProvider.System, default);
        return await monitor.ExecuteAsync(command, arguments);
    }

    /// <summary>What the source's guest may write in a second; 0 is all it likes.</summary>
    public async Task<long> WriteLimitAsync()
    {
        var blocks = await AskSourceAsync("query-block");
        return blocks.EnumerateArray().Where(b => b.TryGetProperty("inserted", out _))
            .Max(b => b.GetProperty("inserted").GetProperty("bps_wr").GetInt64());
    }

    /// <summary>Ends both processes in order and compares what guests would see.</summary>
    public async Task ShouldBeEqualAsync()
    {
        // What the guest has not flushed is lost with its process; the target's side has been flushed by the copy.
        (await IoAsync("flush")).ShouldBeEmpty();
        await Source.KillAsync(default);
        await Target.KillAsync(default);
        Tool("qemu-img", "compare", "-f", Format, "-F", Format, SourcePath, TargetPath);
        if (DiskSpec.Format == DiskFormat.Qcow2)
        {
            // A target killed in the middle leaves clusters that are taken and not used; anything else is damage.
            Tool("qemu-img", "check", "-q", "-r", "leaks", "-f", Format, TargetPath);
            Tool("qemu-img", "check", "-q", "-f", Format, TargetPath);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines)
        {
            await machine.KillAsync(default);
            await machine.DisposeAsync();
        }

        Directory.Delete(Root, recursive: true);
    }

    public static void Tool(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}: {output}{errors.Result}");
    }

    // Its words go to the monitor's own output; only an error is answered here, and the source's log has qemu-io's.
    private async Task<string> IoAsync(string command)
    {
        var answer = await AskSourceAsync(
            "human-monitor-command",
            new JsonObject
            {
                ["command-line"] = $"qemu-io -d /machine/peripheral/dev-{Disk}/virtio-backend \"{command}\"",
            });
        return answer.GetString()!.Trim();
    }

    private async Task<QemuMachine> StartAsync(QemuHypervisor hypervisor, StartMode mode)
    {
        var machine = (QemuMachine)await hypervisor.StartAsync(Spec, mode, Path.Combine(Root, $"m{++_count}"), default);
        _machines.Add(machine);
        return machine;
    }

    private DiskImages Images(string host)
    {
        var local = Directory.CreateDirectory(Path.Combine(Root, host)).FullName;
        return new DiskImages(new DiskOptions { LocalDirectory = local }, TimeProvider.System);
    }

    private QemuHypervisor HypervisorOf(DiskImages images) => new(
        LabEnvironment.Qemu(_version) with { DiskPath = images.PathOf }, TimeProvider.System);
}
