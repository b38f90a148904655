using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>
/// When a pre-copy may be done, as a range: at best nothing is dirtied any more, at worst the guest dirties on as it
/// does now. Which of the two it will be nobody knows.
/// </summary>
/// <param name="BestMs">Null: the path carries nothing, so nothing can be said.</param>
/// <param name="WorstMs">Null: at this dirtying rate it never ends by itself.</param>
internal sealed record EtaRange(double? BestMs, double? WorstMs)
{
    private const double PageBytes = 4096;

    public static EtaRange Of(TransferProgress progress)
    {
        double rate = progress.BytesPerSecond;
        double left = Math.Max(0, progress.RemainingBytes);
        if (rate <= 0)
            return new EtaRange(null, null);
        var dirtied = Math.Max(0, progress.DirtyPagesPerSecond) * PageBytes;
        var best = left / rate * 1000;
        // Each round is q = dirtied/rate as long as the one before: left/rate x (1 + q + ...) = left/(rate - dirtied).
        return new EtaRange(best, dirtied < rate ? left / (rate - dirtied) * 1000 : null);
    }

    public override string ToString() => (BestMs, WorstMs) switch
    {
        (null, _) => "unknown",
        ({ } best, null) => $"{Show.Ms(best)} if the guest calms down, else not at all",
        ({ } best, { } worst) => $"{Show.Ms(best)} to {Show.Ms(worst)}",
    };
}
