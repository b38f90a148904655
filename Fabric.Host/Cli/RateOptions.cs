using System.CommandLine;
using System.Globalization;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>How a migration is to send.</summary>
internal sealed class RateOptions
{
    public Option<long?> Rate { get; } = UnitOptions.Rate("--rate", "This rate throughout, such as 200mbit; 0 is unlimited");

    public Option<long?> Min { get; } = UnitOptions.Rate(
        "--rate-min", "Begin at this rate and follow what the machine writes; 0: begin at the maximum");

    public Option<long?> Max { get; } = UnitOptions.Rate(
        "--rate-max", "Never faster, such as 200mbit or 25MB; 0 is unlimited", "--bandwidth-max");

    public Option<long?> Downtime { get; } = UnitOptions.Duration(
        "--downtime", "A pause that counts as short enough", "--downtime-limit");

    /// <summary>What is done about a machine that writes too fast.</summary>
    public Option<string?> Policy { get; } = PolicyOption();

    public Option<int?> Connections { get; } = new("--connections")
    {
        Description = "Connections of the data link, 1 to 16; 0: as the source's host is configured",
        HelpName = "number",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count <= Limits.Link.ConnectionsMax)
                return count;
            result.AddError(
                $"--connections must be 1 to {Limits.Link.ConnectionsMax}, or 0 for the host's own, and is '{text}'.");
            return null;
        },
    };

    /// <summary>How far its writes to a disk may be slowed.</summary>
    public Option<long?> DiskWritesMin { get; } = UnitOptions.RateOr(
        "none", "--disk-writes-min",
        "Never hold its writes to a disk that is copied below this rate, 64KiB or more; 0 or none: never slow them");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Rate, Min, Max, Downtime, Policy, Connections, DiskWritesMin])
            command.Options.Add(option);
        command.Validators.Add(Check);
    }

    private void Check(System.CommandLine.Parsing.CommandResult result)
    {
        if (result.GetResult(Rate) is not null && (result.GetResult(Min) is not null || result.GetResult(Max) is not null))
            result.AddError("--rate is one rate throughout; --rate-min and --rate-max are for one that follows.");
    }

    /// <summary>What is asked for.</summary>
    public TransferRequest Of(Invocation run) => new()
    {
        BandwidthMin = run.Get(Rate) is null ? run.Get(Min) : 0,
        BandwidthMax = run.Get(Rate) ?? run.Get(Max),
        DowntimeLimitMs = run.Get(Downtime) is { } limit ? (int)Math.Min(limit, int.MaxValue) : null,
        Convergence = run.Get(Policy) is { } word ? DecisionText.PolicyOf(word) : null,
        Connections = run.Get(Connections),
        DiskWritesMin = run.Get(DiskWritesMin),
    };

    private static Option<string?> PolicyOption()
    {
        var option = new Option<string?>("--policy")
        {
            Description = "What is done about a machine that writes faster than the line carries",
        };
        option.AcceptOnlyFromAmong([.. DecisionText.PolicyWords]);
        return option;
    }
}
