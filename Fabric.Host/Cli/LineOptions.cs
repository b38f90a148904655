using System.CommandLine;
using Fabric.Host.Hocon;
using Fabric.Host.Impair;

namespace Fabric.Host.Cli;

/// <summary>The options that say what a line is like.</summary>
internal sealed class LineOptions
{
    private const string Hold = "hold";
    private const string Reset = "reset";
    private const string There = "there";
    private const string Back = "back";
    private const string Both = "both";

    public LineOptions()
    {
        Kind.AcceptOnlyFromAmong(Hold, Reset);
        Way.AcceptOnlyFromAmong(There, Back, Both);
    }

    public Option<long?> Delay { get; } = UnitOptions.Duration("--delay", "One way; a round trip takes it twice");

    public Option<long?> Jitter { get; } = UnitOptions.Duration("--jitter", "Up to so much more, one way");

    public Option<long?> Rate { get; } = UnitOptions.Rate("--rate", "Each direction, such as 200mbit; 0 is no limit");

    public Option<double?> Loss { get; } = new("--loss")
    {
        Description = "Share of segments lost, such as 0.1%",
        HelpName = "share",
        CustomParser = result =>
        {
            if (ImpairText.TryLoss(result.Tokens[0].Value, out var loss))
                return loss;
            result.AddError($"--loss '{result.Tokens[0].Value}' is not a share: write for instance 0.1%, at most 50%.");
            return null;
        },
    };

    public Option<string?> Kind { get; } = new("--cut-kind") { Description = "What a cut does to connections" };

    public Option<long?> Queue { get; } =
        UnitOptions.Duration("--queue", "A wire's: what would wait longer is dropped");

    public Option<string?> Way { get; } = new("--cut-way")
    {
        Description = "A wire's: which way a cut is; there is from a to b",
    };

    /// <summary>What the options make of a line.</summary>
    public ImpairSettings SettingsOf(Func<Option<long?>, long?> value, Func<Option<double?>, double?> share) => new(
        TimeSpan.FromMilliseconds(value(Delay) ?? 0), TimeSpan.FromMilliseconds(value(Jitter) ?? 0),
        value(Rate) ?? 0, share(Loss) ?? 0);

    /// <summary>The kind that the option says.</summary>
    public static CutKind? KindOf(string? word) => word switch
    {
        null => null,
        Reset => CutKind.Reset,
        _ => CutKind.Hold,
    };

    /// <summary>The way that the option says.</summary>
    public static CutWay? WayOf(string? word) => word switch
    {
        null => null,
        There => CutWay.There,
        Back => CutWay.Back,
        _ => CutWay.Both,
    };
}
