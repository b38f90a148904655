using System.CommandLine;
using Fabric.Drivers.Network;
using Fabric.Host.Impair;
using Fabric.Host.Impair.Wire;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary><c>fabric impair wire</c>: a WAN between two network namespaces.</summary>
internal static class ImpairWireVerb
{
    private const string About = """
        Join two network namespaces by a cable with delay, jitter, rate, queue, loss and cuts.

        Each end is a TAP in its namespace; one that is not there is made, and goes with the wire. --delay is one way,
        in each direction: --delay 25ms makes a round trip of 50 ms. Frames are really lost: --loss of them by chance,
        those for which the queue before the rate is full, and what a cut takes. A cut may be one way (--cut-way).
        Needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN; with CAP_SYS_NICE it is on time on a busy machine too.
        """;

    public static Command Create(CliContext cli)
    {
        var (a, b) = (EndOption("--a", "One end"), EndOption("--b", "The other end"));
        var line = new LineOptions();
        var (cut, control, seed) = (ImpairVerb.CutOption(), ImpairVerb.ControlOption(), ImpairVerb.SeedOption());
        var json = Output.JsonOption();
        var command = new Command("wire", About)
        {
            a, b, line.Delay, line.Jitter, line.Rate, line.Loss, line.Queue, cut, line.Way, control, seed, json,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var output = new Output(cli, parsed.GetValue(json));
            return Guard.RunAsync(output, () => RunAsync(
                new WireOptions(
                    parsed.GetValue(a)!, parsed.GetValue(b)!,
                    ImpairVerb.Sensible(line.SettingsOf(parsed.GetValue, parsed.GetValue) with
                    {
                        Queue = TimeSpan.FromMilliseconds(parsed.GetValue(line.Queue) ?? Limits.Impair.QueueMs),
                    }),
                    [.. (parsed.GetValue(cut) ?? []).Select(ImpairVerb.CutOf)],
                    LineOptions.WayOf(parsed.GetValue(line.Way)) ?? CutWay.Both,
                    parsed.GetValue(control), parsed.GetValue(seed)),
                cli, output, cancellation));
        });
        return command;
    }

    private static async Task<int> RunAsync(
        WireOptions options, CliContext cli, Output output, CancellationToken cancellation)
    {
        try
        {
            await ImpairVerb.UntilToldAsync(
                stop => ImpairRun.RunAsync(
                    options, cli.Time, () => output.Say($"carrying between {options.A} and {options.B}"),
                    counters => output.Write(
                        counters, ImpairJson.Default.ImpairCounters, writer => ImpairVerb.Tell(counters, writer)),
                    stop),
                cancellation);
            return ExitCode.Ok;
        }
        catch (NetworkException e)
        {
            return output.Fail(ExitCode.Refused, "no-wire", e.Message, null);
        }
    }

    private static Option<WireEnd> EndOption(string name, string description) => new(name)
    {
        Description = $"{description}: an interface in a network namespace",
        HelpName = "namespace:interface",
        Required = true,
        CustomParser = result =>
        {
            if (WireEnd.TryRead(result.Tokens[0].Value, out var end))
                return end;
            result.AddError(
                $"'{result.Tokens[0].Value}' is not a namespace and an interface: write for instance east:wan0.");
            return null!;
        },
    };
}
