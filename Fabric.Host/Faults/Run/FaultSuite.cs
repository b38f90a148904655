using System.Globalization;
using Fabric.Drivers;
using Fabric.Host.Faults.Report;

namespace Fabric.Host.Faults.Run;

/// <summary>
/// Runs cases one after the other, for they would disturb each other's times, and tells how far it is.
/// </summary>
internal sealed class FaultSuite(IReadOnlyList<SuiteCase> cases, SuiteScreen screen, TimeProvider time)
{
    /// <param name="plan">For the report.</param>
    /// <param name="on">For the report.</param>
    /// <param name="report">Is given the report, also that of the cases that ended before an interruption.</param>
    /// <param name="cancellation">Ends the case under way and the rest.</param>
    public async Task<FaultReport> RunAsync(
        string plan, string on, Action<FaultReport> report, CancellationToken cancellation)
    {
        var started = time.GetUtcNow();
        var began = time.GetTimestamp();
        var done = new List<CaseResult>();
        FaultReport Report() => new(plan, on, started, time.GetElapsedTime(began).TotalMilliseconds, [.. done]);
        try
        {
            await screen.ShowAsync(cases, done, async () =>
            {
                foreach (var one in cases)
                {
                    cancellation.ThrowIfCancellationRequested();
                    screen.Begins(one, done.Count, Left(began, done.Count));
                    var result = await OneAsync(one, cancellation);
                    done.Add(result);
                    screen.Ended(result, done.Count);
                }
            });
        }
        finally
        {
            report(Report());
        }

        return Report();
    }

    private string Left(long began, int done)
    {
        if (done == 0)
            return "";
        var left = time.GetElapsedTime(began) / done * (cases.Count - done);
        return string.Create(CultureInfo.InvariantCulture, $", about {left.TotalMinutes:0} min left");
    }

    private async Task<CaseResult> OneAsync(SuiteCase one, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        try
        {
            return await one.RunAsync(cancellation);
        }
        catch (Exception e) when (e is LabException or HypervisorException or IOException)
        {
            return one.Failed(e.Message, time.GetElapsedTime(began));
        }
    }
}
