using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Fabric.Drivers.Qemu;
using Fabric.Lab.Tests;

namespace Fabric.Benchmarks;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchOptions(string Bench, bool Json, int? Rounds, string QemuVersion)
{
    public const string Usage =
        "usage: Fabric.Benchmarks relay|downtime|memory|guest|pages|micro [--json] [--rounds N] [--qemu 7.2|10.0]";

    private static readonly string[] Benches = ["relay", "downtime", "memory", "guest", "pages", "micro"];

    /// <summary>The QEMU that was asked for.</summary>
    public QemuOptions Qemu => LabEnvironment.Qemu(QemuVersion);

    public static bool TryParse(
        string[] args, [NotNullWhen(true)] out BenchOptions? options, [NotNullWhen(false)] out string? problem)
    {
        options = null;
        problem = null;
        if (args.Length == 0 || !Benches.Contains(args[0], StringComparer.Ordinal))
        {
            problem = args.Length == 0 ? "which bench?" : $"there is no bench '{args[0]}'";
            return false;
        }

        var parsed = new BenchOptions(args[0], Json: false, Rounds: null, LabEnvironment.Unpacked);
        for (var i = 1; i < args.Length; i++)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            if (args[i] is "--json")
            {
                parsed = parsed with { Json = true };
                continue;
            }

            if (args[i] is "--qemu" && value is LabEnvironment.Installed or LabEnvironment.Unpacked)
                parsed = parsed with { QemuVersion = value };
            else if (args[i] is "--rounds" && int.TryParse(value, CultureInfo.InvariantCulture, out var n) && n is > 0 and < 1000)
                parsed = parsed with { Rounds = n };
            else
                problem = $"'{args[i]} {value}' is not understood";
            i++;
        }

        options = problem is null ? parsed : null;
        return problem is null;
    }

    /// <summary>Says what goes on, beside the result.</summary>
    public static void Note(string text) => Console.Error.WriteLine(text);
}
