using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Embedded;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary><c>fabric guest</c>: one embedded hypervisor with its guest. Hosts start it; a person may too.</summary>
internal static class GuestVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "guest";

    private static readonly Option<string> Vm = new("--name") { Description = "The VM's name", HelpName = "vm", Required = true };

    private static readonly Option<string> Program = new("--program")
    {
        Description = $"What the guest does: {string.Join(", ", GuestProgramSpec.All)}; ',seed=N' makes it another one",
        HelpName = "program",
        DefaultValueFactory = _ => GuestProgramSpec.SpecWeb,
    };

    private static readonly Option<string> Memory = new("--memory")
    {
        Description = "Guest memory, a multiple of 4 KiB, such as 128MiB",
        HelpName = "size",
        DefaultValueFactory = _ => "128MiB",
    };

    private static readonly Option<string[]> Monitors = new("--monitor")
    {
        Description = "UNIX socket of a QMP monitor; may be repeated",
        HelpName = "path",
        Required = true,
    };

    private static readonly Option<string?> Serial = new("--serial") { Description = "UNIX socket of the serial port", HelpName = "path" };

    private static readonly Option<string?> ConsoleLog = new("--console-log")
    {
        Description = "File to which the serial port is written as well",
        HelpName = "path",
    };

    private static readonly Option<string?> PidFile = new("--pid-file", "-pidfile") { Description = "File for its process id", HelpName = "path" };

    private static readonly Option<bool> Paused = new("--paused") { Description = "Wait for 'cont' before anything is executed" };

    private static readonly Option<bool> Incoming = new("--incoming") { Description = "Wait for 'migrate-incoming' instead of booting" };

    private static readonly Option<bool> AsDaemon = new("--daemon")
    {
        Description = "Outlive the starter, which reads 'ready' or the reason why not from descriptor 3",
    };

    public static Command Create()
    {
        var command = new Command(Name, "Run one guest of the embedded hypervisor, driven over QMP as a QEMU is")
        {
            Vm, Program, Memory, Monitors, Serial, ConsoleLog, PidFile, Paused, Incoming, AsDaemon,
        };
        command.Validators.Add(RequireSense);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var daemon = parsed.GetValue(AsDaemon) ? Daemon.Begin() : null;
        Daemon.KeepPrivate();
        try
        {
            await using var guest = await GuestProcess.StartAsync(OptionsOf(parsed), TimeProvider.System, Log);
            daemon?.Answer(Daemon.ReadyWord);
            return await UntilEndAsync(guest, cancellation);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            daemon?.Answer(e.Message);
            Log(e.Message);
            return ExitCode.Unexpected;
        }
    }

    private static async Task<int> UntilEndAsync(GuestProcess guest, CancellationToken cancellation)
    {
        var stopped = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopped.TrySetResult(ExitCode.Ok);
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using var cancelled = cancellation.Register(() => stopped.TrySetResult(ExitCode.Ok));
        return await await Task.WhenAny(guest.Ended, stopped.Task);
    }

    private static GuestOptions OptionsOf(ParseResult parsed)
    {
        GuestProgramSpec.TryRead(parsed.GetValue(Program)!, out var program);
        return new GuestOptions
        {
            Vm = VmId.Of(parsed.GetValue(Vm)!),
            Program = program,
            MemoryBytes = UnitOptions.SizeOf(parsed.GetValue(Memory)!)!.Value,
            Monitors = parsed.GetValue(Monitors)!,
            Serial = parsed.GetValue(Serial),
            ConsoleLog = parsed.GetValue(ConsoleLog),
            PidFile = parsed.GetValue(PidFile),
            Paused = parsed.GetValue(Paused),
            Incoming = parsed.GetValue(Incoming),
        };
    }

    private static void RequireSense(CommandResult result)
    {
        if (result.GetValue(Vm) is { } name && !Names.IsValid(name))
            result.AddError($"--name '{Names.Shown(name)}' is not a VM's name.");
        if (result.GetValue(Program) is { } program && !GuestProgramSpec.TryRead(program, out _))
            result.AddError($"--program '{Names.Shown(program)}' is not one of {string.Join(", ", GuestProgramSpec.All)}.");
        if (UnitOptions.SizeOf(result.GetValue(Memory)!) is not { } bytes || bytes % Limits.Guest.PageSize != 0
            || bytes is < Limits.Vm.MemoryKiBMin * 1024 or > Limits.Guest.MemoryBytesMax)
            result.AddError($"--memory is a multiple of 4 KiB, {Limits.Vm.MemoryKiBMin} KiB at least.");
        if (result.GetValue(ConsoleLog) is not null && result.GetValue(Serial) is null)
            result.AddError("--console-log goes with --serial.");
    }

    private static void Log(string what) => Console.Error.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ} fabric guest: {what}"));
}
