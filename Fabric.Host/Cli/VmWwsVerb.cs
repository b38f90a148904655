using System.CommandLine;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm wws VM</c>: the writable working set, pages written per interval, as a curve.</summary>
internal static class VmWwsVerb
{
    private const int BarWidth = 50;
    private const int IntervalMs = 1_000;
    private const int Samples = 10;

    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        var interval = UnitOptions.Duration("--interval", "How long each sample is (1s); QEMU counts whole seconds");
        var samples = new Option<int>("--samples") { Description = "How many", DefaultValueFactory = _ => Samples };
        samples.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > Limits.Convergence.WwsSamplesMax)
                result.AddError($"--samples is 1 to {Limits.Convergence.WwsSamplesMax}.");
        });
        var command = new Command("wws", "Watch which share of its memory a running VM writes, interval by interval")
        {
            name, interval, samples,
        };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var seen = new List<DirtyingSample>();
            for (var i = 0; i < run.Get(samples); i++)
            {
                seen.Add(await client.MeasureDirtyingAsync(
                    run.Get(name), run.Get(interval) ?? IntervalMs, cancellation));
                if (!run.Output.IsJson)
                    run.Output.Say($"{seen.Count,3}/{run.Get(samples)}");
            }

            run.Output.Write<IReadOnlyList<DirtyingSample>>(
                seen, ApiJson.Default.IReadOnlyListDirtyingSample, writer => Draw(seen, writer));
            return ExitCode.Ok;
        });
    }

    private static void Draw(IReadOnlyList<DirtyingSample> samples, TextWriter writer)
    {
        var most = Math.Max(1, samples.Max(s => s.Pages));
        foreach (var s in samples)
        {
            var bar = new string('#', (int)(s.Pages * BarWidth / most));
            var bytes = Show.Bytes(s.Pages * (double)Limits.Guest.PageSize);
            writer.WriteLine(Show.Text($"{Show.Clock(s.At)}  {s.Pages,8} pages  {bytes,10} in {Show.Ms(s.IntervalMs),-8} {bar}"));
        }
    }
}
