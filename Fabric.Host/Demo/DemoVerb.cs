using System.CommandLine;
using System.CommandLine.Parsing;
using Fabric.Host.Configuration;
using Fabric.Host.Hocon;

namespace Fabric.Host.Demo;

/// <summary><c>fabric demo</c> on the command line.</summary>
public static class DemoVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create()
    {
        var kill = new Option<string?>("--kill") { Description = $"Break this on purpose: {string.Join(", ", DemoNames.VictimWords)}." };
        kill.AcceptOnlyFromAmong([.. DemoNames.VictimWords]);
        var at = new Option<string?>("--at") { Description = $"... at this stage: {string.Join(", ", DemoNames.StageWords)}." };
        at.AcceptOnlyFromAmong([.. DemoNames.StageWords]);
        var matrix = new Option<bool>("--matrix") { Description = "Break everything at every stage, one demo after the other, and print the table." };
        var markdown = new Option<string?>("--markdown") { Description = "With --matrix: also write the table to this file." };
        var json = new Option<bool>("--json") { Description = "Standard output gets one JSON object, as the last line." };
        var keep = new Option<bool>("--keep") { Description = "Leave the directory with configurations, journals and logs." };
        var guest = new Option<string?>("--guest") { Description = "Folder with the guest's vmlinux and initrd.cpio." };
        var memory = new Option<string>("--memory") { Description = "The guest's memory.", DefaultValueFactory = _ => "128MiB" };
        var bandwidth = new Option<string>("--bandwidth") { Description = "What the migration may send a second.", DefaultValueFactory = _ => "40MB" };
        var hypervisor = new Option<string>("--hypervisor") { Description = "Which hypervisor runs the guest.", DefaultValueFactory = _ => "qemu" };
        hypervisor.AcceptOnlyFromAmong("qemu");
        var qemu = new Option<string>("--qemu") { Description = "The QEMU program.", DefaultValueFactory = _ => "qemu-system-x86_64" };
        var verb = new Command("demo", "Start a coordinator and two hosts on this machine, move a running guest, and check that nothing was lost.")
        {
            kill, at, matrix, markdown, json, keep, guest, memory, bandwidth, hypervisor, qemu,
        };
        verb.Validators.Add(result =>
        {
            if (result.GetValue(kill) is null != result.GetValue(at) is null)
                result.AddError("--kill and --at belong together: what to break, and at which stage.");
            if (result.GetValue(matrix) && result.GetValue(kill) is not null)
                result.AddError("--matrix breaks everything at every stage; leave --kill and --at out.");
            if (result.GetValue(markdown) is not null && !result.GetValue(matrix))
                result.AddError("--markdown goes with --matrix.");
        });
        memory.Validators.Add(RequireSize);
        bandwidth.Validators.Add(RequireSize);
        verb.SetAction((parsed, cancellation) =>
        {
            var options = new DemoOptions
            {
                Kill = DemoNames.TryVictim(parsed.GetValue(kill) ?? "", out var victim) ? victim : null,
                At = DemoNames.TryStage(parsed.GetValue(at) ?? "", out var stage) ? stage : FaultStage.Off,
                GuestDirectory = parsed.GetValue(guest),
                MemoryBytes = SizeOf(parsed.GetValue(memory)!)!.Value,
                BandwidthBytesPerSecond = SizeOf(parsed.GetValue(bandwidth)!)!.Value,
                QemuBinary = parsed.GetValue(qemu)!,
                Keep = parsed.GetValue(keep),
            };
            return parsed.GetValue(matrix)
                ? DemoCommand.RunMatrixAsync(options, parsed.GetValue(markdown), parsed.GetValue(json), cancellation)
                : DemoCommand.RunAsync(options, parsed.GetValue(json), cancellation);
        });
        return verb;
    }

    private static void RequireSize(OptionResult result)
    {
        foreach (var token in result.Tokens.Where(t => SizeOf(t.Value) is null))
            result.AddError($"{result.Option.Name} '{token.Value}' is not a size: write for instance 128MiB.");
    }

    private static long? SizeOf(string text) =>
        HoconUnits.TrySize(text, out var bytes, out _) && bytes is > 0 and <= long.MaxValue ? (long)bytes : null;
}
