using System.CommandLine;
using System.CommandLine.Parsing;
using Fabric.Host.Configuration;
using Fabric.Host.Demo.Sites;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Host.Hocon;
using Fabric.Host.Impair;
using Fabric.Protocol;

namespace Fabric.Host.Demo;

/// <summary><c>fabric demo</c> on the command line.</summary>
public static class DemoVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "demo";

    private static readonly Option<string?> Kill = new("--kill")
    {
        Description = "Break this on purpose, at the stage that --at names.",
    };

    private static readonly Option<string?> At = new("--at")
    {
        Description = "The stage of the migration to break at; with --for, pre-copy unless it is said.",
    };

    private static readonly Option<string?> For = new("--for")
    {
        Description = "How long a link is cut; without it, the data link for 1s and the node links for 3s.",
    };

    private static readonly Option<bool> Matrix = new("--matrix")
    {
        Description = "Break everything at every stage, one demo after the other, and print the table.",
    };

    private static readonly Option<string?> Markdown = new("--markdown")
    {
        Description = "With --matrix: also write the table to this file.",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Standard output gets nothing but one line of JSON at the end.",
    };

    private static readonly Option<bool> Keep = new("--keep")
    {
        Description = "Leave the directory with configurations, journals and logs.",
    };

    private static readonly Option<string?> Guest = new("--guest")
    {
        Description = "With QEMU: folder with the guest's vmlinux and initrd.cpio.",
    };

    private static readonly Option<string> Memory = new("--memory")
    {
        Description = "The guest's memory.",
        DefaultValueFactory = _ => "128MiB",
    };

    private static readonly Option<string> Bandwidth = new("--bandwidth")
    {
        Description = "What the migration may send a second, on the wire.",
        DefaultValueFactory = _ => "1MB",
    };

    private static readonly Option<string?> Wan = new("--wan")
    {
        Description = "The data link passes a WAN with this rate each way, round trip and loss: 100mbit,50ms[,0.1%].",
    };

    private static readonly Option<string> Hypervisor = new("--hypervisor")
    {
        Description = "Which hypervisor runs the guest: the embedded one needs nothing installed.",
        DefaultValueFactory = _ => FaultNames.WordOf(HypervisorKind.Embedded),
    };

    private static readonly Option<string> Program = new("--program")
    {
        Description = "What the embedded hypervisor's guest runs.",
        DefaultValueFactory = _ => GuestProgramSpec.SpecWeb,
    };

    private static readonly Option<string> Qemu = new("--qemu")
    {
        Description = "The QEMU program.",
        DefaultValueFactory = _ => "qemu-system-x86_64",
    };

    private static readonly SitesVerbOptions Sites = new();

    static DemoVerb()
    {
        Kill.AcceptOnlyFromAmong([.. DemoFaults.VictimWords]);
        At.AcceptOnlyFromAmong([.. FaultNames.StageWords]);
        Hypervisor.AcceptOnlyFromAmong([.. FaultNames.HypervisorWords]);
        Program.AcceptOnlyFromAmong([.. GuestProgramSpec.All]);
        For.Validators.Add(RequireDuration);
        Memory.Validators.Add(RequireSize);
        Bandwidth.Validators.Add(RequireSize);
    }

    /// <summary>The verb with its options.</summary>
    public static Command Create()
    {
        var verb = new Command(
            Name, "Start a coordinator and two hosts here, move a running guest, and check that nothing was lost.")
        {
            Kill, At, For, Matrix, Markdown, Json, Keep, Guest, Memory, Bandwidth, Wan, Hypervisor, Program, Qemu,
        };
        Sites.AddTo(verb);
        verb.Validators.Add(RequireSense);
        verb.SetAction((parsed, cancellation) => parsed switch
        {
            _ when parsed.GetValue(Matrix) => DemoCommand.RunMatrixAsync(
                OptionsOf(parsed), parsed.GetValue(Markdown), parsed.GetValue(Json), cancellation),
            _ when Sites.AreTwo(parsed.GetValue) => DemoCommand.RunSitesAsync(
                Sites.OptionsOf(OptionsOf(parsed), parsed.GetValue), CaseOf(parsed), parsed.GetValue(Json),
                cancellation),
            _ => DemoCommand.RunAsync(OptionsOf(parsed), CaseOf(parsed), parsed.GetValue(Json), cancellation),
        });
        return verb;
    }

    private static FaultCase? CaseOf(ParseResult parsed) => DemoFaults.CaseOf(
        parsed.GetValue(Kill), StageOf(parsed.GetValue(At), parsed.GetValue(For)), DurationOf(parsed.GetValue(For)));

    private static LabOptions OptionsOf(ParseResult parsed) => new()
    {
        Hypervisor = FaultNames.HypervisorOf(parsed.GetValue(Hypervisor)!),
        GuestDirectory = parsed.GetValue(Guest),
        MemoryBytes = SizeOf(parsed.GetValue(Memory)!)!.Value,
        BandwidthBytesPerSecond = SizeOf(parsed.GetValue(Bandwidth)!)!.Value,
        Wan = WanOf(parsed.GetValue(Wan))!,
        Program = parsed.GetValue(Program)!,
        QemuBinary = parsed.GetValue(Qemu)!,
        Keep = parsed.GetValue(Keep),
        DataOutage = DurationOf(parsed.GetValue(For)) ?? TimeSpan.Zero,
    };

    private static void RequireSense(CommandResult result)
    {
        if (result.GetValue(Kill) is null != StageOf(result.GetValue(At), result.GetValue(For)) is null)
            result.AddError("--kill and --at belong together: what to break, and at which stage.");
        if (result.GetValue(Matrix) && result.GetValue(Kill) is not null)
            result.AddError("--matrix breaks everything at every stage; leave --kill and --at out.");
        if (WanOf(result.GetValue(Wan)) is null)
            result.AddError($"--wan '{result.GetValue(Wan)}' is not a line: write for instance 100mbit,50ms.");
        if (result.GetValue(For) is not null && !DemoFaults.HasLength(result.GetValue(Kill)))
            result.AddError("--for goes with --kill data-link or node-link: nothing else is broken for a time.");
        if (Sites.Fault(result.GetValue, result.GetValue(Hypervisor), result.GetValue(Matrix)) is { } fault)
            result.AddError(fault);
        if (result.GetValue(Markdown) is not null && !result.GetValue(Matrix))
            result.AddError("--markdown goes with --matrix.");
    }

    // A link that is cut for a time is cut while bytes flow, unless another moment is wanted.
    private static string? StageOf(string? at, string? length) =>
        at ?? (length is null ? null : FaultNames.WordOf(FaultStage.PreCopy));

    private static ImpairSettings? WanOf(string? text) =>
        text is null ? ImpairSettings.None : ImpairText.TryWan(text, out var wan) ? wan : null;

    private static void RequireSize(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(t => SizeOf(t.Value) is null))
            result.AddError($"{result.Option.Name} '{token.Value}' is not a size: write for instance 128MiB.");
    }

    private static void RequireDuration(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(t => DurationOf(t.Value) is null))
        {
            result.AddError(
                $"--for '{token.Value}' is not a time of {Limits.Faults.ForMsMin} ms to " +
                $"{Limits.Faults.ForMsMax / 1000} s: write for instance 30s.");
        }
    }

    private static TimeSpan? DurationOf(string? text) =>
        text is not null && HoconUnits.TryDuration(text, out var time, out _)
            && time.TotalMilliseconds is >= Limits.Faults.ForMsMin and <= Limits.Faults.ForMsMax ? time : null;

    private static long? SizeOf(string text) =>
        HoconUnits.TrySize(text, out var bytes, out _) && bytes is > 0 and <= long.MaxValue ? (long)bytes : null;
}
