using System.CommandLine;
using System.CommandLine.Parsing;
using Fabric.Host.Hocon;

namespace Fabric.Host.Cli;

/// <summary>Options that are durations or sizes, spelt as in configuration files.</summary>
internal static class UnitOptions
{
    /// <summary>A duration in milliseconds.</summary>
    public static Option<long?> Duration(string name, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "duration",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!HoconUnits.TryDuration(text, out var duration, out var problem))
                return Fail(result, name, text, problem);
            return duration.Ticks % TimeSpan.TicksPerMillisecond == 0
                ? duration.Ticks / TimeSpan.TicksPerMillisecond
                : Fail(result, name, text, "is not a whole number of milliseconds");
        },
    };

    /// <summary>A size in bytes.</summary>
    public static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "size",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (!HoconUnits.TrySize(text, out var bytes, out var problem))
                return Fail(result, name, text, problem);
            return bytes is >= 0 and <= long.MaxValue ? (long)bytes : Fail(result, name, text, "is no possible size");
        },
    };

    /// <summary>A rate in bytes a second, written in bits or bytes.</summary>
    public static Option<long?> Rate(string name, string description, params string[] aliases) =>
        RateOr(null, name, description, aliases);

    /// <summary>The same, with a word that may stand for 0.</summary>
    public static Option<long?> RateOr(string? zero, string name, string description, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "rate",
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (zero is not null && string.Equals(text, zero, StringComparison.Ordinal))
                return 0;
            return RateText.TryRead(text, out var rate)
                ? rate
                : Fail(result, name, text, "is not a rate: write for instance 200mbit or 25MB");
        },
    };

    /// <summary>A size in bytes; null when the text is none.</summary>
    public static long? SizeOf(string text) =>
        HoconUnits.TrySize(text, out var bytes, out _) && bytes is > 0 and <= long.MaxValue ? (long)bytes : null;

    private static long? Fail(ArgumentResult result, string name, string text, string problem)
    {
        result.AddError($"{name}: {Configuration.SettingsReader.Shown(text)} {problem}");
        return null;
    }
}
