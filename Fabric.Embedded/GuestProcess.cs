using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Embedded.Guest;
using Fabric.Embedded.Machine;
using Fabric.Embedded.Memory;
using Fabric.Embedded.Migration;
using Fabric.Embedded.Qmp;
using Fabric.Embedded.Serial;
using Fabric.Embedded.Sockets;

namespace Fabric.Embedded;

/// <summary>
/// One embedded hypervisor with its guest: monitors, serial port, vCPU, memory. It is driven over QMP as a QEMU is, and
/// ends when it is told to, or when the migration that it takes in breaks.
/// </summary>
public sealed class GuestProcess : IAsyncDisposable
{
    private const int FailedCode = 1;

    private readonly GuestOptions _options;
    private readonly Action<string> _log;
    private readonly GuestMemory _memory;
    private readonly Vcpu _vcpu;
    private readonly GuestParts _parts;
    private readonly TaskCompletionSource<int> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IAsyncDisposable> _sockets = [];
    private MigrationControl? _migration;
    private SerialPort? _serial;
    private int _disposed;

    private GuestProcess(GuestOptions options, TimeProvider time, Action<string> log)
    {
        (_options, _log) = (options, log);
        _memory = new GuestMemory(options.MemoryBytes);
        var guest = new GuestSystem(_memory, options.Vm, options.Program);
        Console = new GuestConsole(line => _serial?.Write(line), () => _ = Task.Run(PowerOffAsync));
        _vcpu = new Vcpu(guest, Console, time);
        var events = new QmpEvents(time);
        var first = options.Incoming ? RunStates.Inmigrate : RunStates.Prelaunch;
        _parts = new GuestParts(
            guest, _vcpu, new RunControl(_vcpu, events, first, runsAfterLoad: !options.Paused), new MainLock(), events, time);
    }

    /// <summary>The exit code, once the process should end.</summary>
    public Task<int> Ended => _ended.Task;

    private GuestConsole Console { get; }

    /// <summary>Makes the machine and opens its sockets; all of them are served when this returns.</summary>
    /// <param name="options">The machine.</param>
    /// <param name="time">The host's clock.</param>
    /// <param name="log">Hears what the hypervisor itself has to say.</param>
    /// <exception cref="System.Net.Sockets.SocketException">A socket cannot be opened.</exception>
    /// <exception cref="IOException">A file cannot be written, or there is not that much memory.</exception>
    public static async Task<GuestProcess> StartAsync(GuestOptions options, TimeProvider time, Action<string> log)
    {
        var process = new GuestProcess(options, time, log);
        try
        {
            await process.OpenAsync();
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        foreach (var socket in _sockets)
            await socket.DisposeAsync();

        // Without the main lock: a migration whose last bytes are stuck holds it until its connection is cut.
        _parts.Run.Retire();
        _migration?.End();
        _vcpu.Dispose();
        if (_serial is not null)
            await _serial.DisposeAsync();
        if (_options.PidFile is { } file)
            File.Delete(file);
        _parts.MainLock.Dispose();
        _memory.Dispose();
    }

    private async Task OpenAsync()
    {
        if (_options.Serial is { } serial)
            _serial = SerialPort.Open(serial, _options.ConsoleLog, line => Type(line));
        _migration = new MigrationControl(_parts, Die);
        var commands = new QmpCommands(
            _parts, _migration, _options.Vm.Value, () => Type("quit"), Quit);
        foreach (var path in _options.Monitors)
        {
            _sockets.Add(ServedSocket.Listen(path, (peer, cancellation) =>
                new QmpSession(peer, commands, _parts.Events).RunAsync(cancellation)));
        }

        if (_options.PidFile is { } file)
            await File.WriteAllTextAsync(file, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        if (_options is { Paused: false, Incoming: false })
        {
            using (await _parts.MainLock.TakeAsync())
                _parts.Run.Continue();
        }
    }

    private bool Type(string line)
    {
        var taken = Console.TryType(line);
        _vcpu.Wake();
        return taken;
    }

    private void Quit()
    {
        _parts.Events.Tell("SHUTDOWN", new JsonObject { ["guest"] = false, ["reason"] = "host-qmp-quit" });
        End(0);
    }

    private async Task PowerOffAsync()
    {
        using (await _parts.MainLock.TakeAsync())
            _parts.Run.PowerOff();
    }

    private void Die(string why)
    {
        _log(why);
        End(FailedCode);
    }

    private void End(int code) => _ended.TrySetResult(code);
}
