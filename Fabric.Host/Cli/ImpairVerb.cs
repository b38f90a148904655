using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Host.Hocon;
using Fabric.Host.Impair;

namespace Fabric.Host.Cli;

/// <summary><c>fabric impair</c>: a WAN in a box, between whoever connects and a target.</summary>
internal static class ImpairVerb
{
    /// <summary>As it is written.</summary>
    public const string Name = "impair";

    private const string About = """
        Pass TCP connections on over a line with delay, jitter, rate, loss and cuts.

        --delay is one way, in each direction: --delay 25ms makes a round trip of 50 ms. --rate is that of each
        direction, for all connections together. TCP ends here, so a lost segment (--loss) is not dropped but comes a
        round trip later, with all that follows it in its connection, and takes its share of the rate twice; this is a
        sender whose congestion control does not give way to losses (bbr). A cut holds everything (--cut-kind hold), or
        resets connections and turns new ones away (reset). Times are good to about a millisecond.
        """;

    public static Command Create(CliContext cli)
    {
        var listen = new Option<IPEndPoint?>("--listen")
        {
            Description = "Where to listen",
            HelpName = "address:port",
            CustomParser = EndpointOf,
        };
        var to = new Option<IPEndPoint?>("--to")
        {
            Description = "Where to connect on",
            HelpName = "address:port",
            CustomParser = EndpointOf,
        };
        var line = new LineOptions();
        var (cut, control, seed) = (CutOption(), ControlOption(), SeedOption());
        var json = Output.JsonOption();
        var command = new Command(Name, About)
        {
            listen, to, line.Delay, line.Jitter, line.Rate, line.Loss, cut, line.Kind, control, seed, json,
            ImpairWireVerb.Create(cli), Set(cli), ShowCounters(cli),
        };
        command.SetAction((parsed, cancellation) =>
        {
            var output = new Output(cli, parsed.GetValue(json));
            return Guard.RunAsync(output, () => RunAsync(
                new ImpairOptions(
                    parsed.GetValue(listen) ?? throw new UsageException("--listen is needed: where to listen."),
                    parsed.GetValue(to) ?? throw new UsageException("--to is needed: where to connect on."),
                    Sensible(line.SettingsOf(parsed.GetValue, parsed.GetValue)),
                    [.. (parsed.GetValue(cut) ?? []).Select(CutOf)],
                    LineOptions.KindOf(parsed.GetValue(line.Kind)) ?? CutKind.Hold,
                    parsed.GetValue(control), parsed.GetValue(seed)),
                cli, output, cancellation));
        });
        return command;
    }

    internal static Option<string[]> CutOption() => new("--cut")
    {
        Description = "A cut so long, so late: 30s@10s; may be repeated",
        HelpName = "length@start",
    };

    internal static Option<string?> ControlOption() => new("--control")
    {
        Description = "UNIX socket for 'fabric impair set' and 'show'",
        HelpName = "path",
    };

    internal static Option<int> SeedOption() => new("--seed")
    {
        Description = "Of jitter and losses",
        DefaultValueFactory = _ => 1,
    };

    internal static PlannedCut CutOf(string text) => ImpairText.TryCut(text, out var cut)
        ? cut
        : throw new UsageException($"--cut '{text}' is not a length and a start: write for instance 30s@10s.");

    internal static ImpairSettings Sensible(ImpairSettings settings) => settings.Fault() is { } fault
        ? throw new UsageException($"This is no line: {fault}.")
        : settings;

    private static async Task<int> RunAsync(
        ImpairOptions options, CliContext cli, Output output, CancellationToken cancellation)
    {
        try
        {
            await UntilToldAsync(
                stop => ImpairRun.RunAsync(
                    options, cli.Time,
                    port => output.Say(Invariant($"listening on {options.Listen.Address}:{port}")),
                    counters => output.Write(counters, ImpairJson.Default.ImpairCounters, w => Tell(counters, w)),
                    stop),
                cancellation);
            return ExitCode.Ok;
        }
        catch (SocketException e)
        {
            return output.Fail(ExitCode.Refused, "cannot-listen", e.Message, "Take another --listen or --control.");
        }
    }

    /// <summary>Runs something until a signal says that it is enough.</summary>
    internal static async Task UntilToldAsync(Func<CancellationToken, Task> run, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await run(stop.Token);
    }

    private static Command Set(CliContext cli)
    {
        var path = Path();
        var line = new LineOptions();
        var cut = UnitOptions.Duration("--cut", "Cut now, for so long");
        var json = Output.JsonOption();
        var command = new Command("set", "Change a running proxy or wire by its control socket")
        {
            path, line.Delay, line.Jitter, line.Rate, line.Loss, line.Queue, cut, line.Kind, line.Way, json,
        };
        command.SetAction((parsed, cancellation) => AskAsync(
            cli, parsed.GetValue(path)!, new ImpairChange
            {
                DelayMs = parsed.GetValue(line.Delay),
                JitterMs = parsed.GetValue(line.Jitter),
                BytesPerSecond = parsed.GetValue(line.Rate),
                Loss = parsed.GetValue(line.Loss),
                QueueMs = parsed.GetValue(line.Queue),
                CutMs = parsed.GetValue(cut),
                CutKind = LineOptions.KindOf(parsed.GetValue(line.Kind)),
                CutWay = LineOptions.WayOf(parsed.GetValue(line.Way)),
            },
            parsed.GetValue(json), cancellation));
        return command;
    }

    private static Command ShowCounters(CliContext cli)
    {
        var path = Path();
        var json = Output.JsonOption();
        var command = new Command("show", "What a running proxy or wire is like and has done") { path, json };
        command.SetAction((parsed, cancellation) =>
            AskAsync(cli, parsed.GetValue(path)!, new ImpairChange(), parsed.GetValue(json), cancellation));
        return command;
    }

    private static async Task<int> AskAsync(
        CliContext cli, string path, ImpairChange change, bool json, CancellationToken cancellation)
    {
        var output = new Output(cli, json);
        try
        {
            var answer = await ImpairControl.AskAsync(path, change, cli.Time, cancellation);
            if (answer.Counters is not { } counters)
                return output.Fail(ExitCode.Usage, "refused", $"It refuses: {answer.Error}.", null);
            output.Write(counters, ImpairJson.Default.ImpairCounters, writer => Tell(counters, writer));
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            return output.Fail(
                ExitCode.Unreachable, "unreachable", $"No answer at '{path}': {e.Message}",
                "Is it the path that the proxy or wire was given as --control?");
        }
    }

    internal static void Tell(ImpairCounters c, TextWriter writer)
    {
        var rate = c.BytesPerSecond == 0 ? "no limit" : RateText.Show(c.BytesPerSecond);
        writer.WriteLine(Invariant(
            $"line         {rate}, {c.DelayMs:0.###} ms one way, jitter {c.JitterMs:0.###} ms, loss {c.Loss:0.###%}"));
        writer.WriteLine(Invariant($"cuts         {c.Cuts}{(c.IsCut ? ", one of them now" : "")}"));
        if (c.Connections is { } open)
        {
            writer.WriteLine(Invariant(
                $"connections  {open} open, {c.ConnectionsOpened} so far, {c.ConnectionsRefused} turned away"));
        }

        writer.WriteLine(Invariant($"there        {Show.Bytes(c.BytesThere)}, {c.LostThere} segments lost"));
        writer.WriteLine(Invariant($"back         {Show.Bytes(c.BytesBack)}, {c.LostBack} segments lost"));
        if (c.Wire is not { } wire)
            return;
        writer.WriteLine(Invariant(
            $"queue        {wire.QueueMs:0.###} ms, {wire.OverflowedThere} frames over there, {wire.OverflowedBack} back"));
        writer.WriteLine(Invariant($"cut          {wire.CutThere} frames lost there, {wire.CutBack} back"));
        writer.WriteLine(Invariant($"frames       {wire.FramesThere} there, {wire.FramesBack} back"));
        writer.WriteLine(Invariant($"late         {wire.LateMsMax:0.##} ms at most"));
    }

    private static Argument<string> Path() => new("path") { Description = "Its --control" };

    private static IPEndPoint? EndpointOf(System.CommandLine.Parsing.ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (text.LastIndexOf(':') > 0 && IPEndPoint.TryParse(text, out var endpoint))
            return endpoint;
        result.AddError($"'{text}' is not an address and a port: write for instance 127.0.0.1:7100.");
        return null;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
