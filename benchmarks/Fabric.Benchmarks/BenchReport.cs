using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fabric.Host.Bench;

namespace Fabric.Benchmarks;

/// <summary>
/// What a bench found: a table for people; figures, ratios and bars for programs. Ratios compare two measurements of
/// one run, so they hold on a machine that others use too; figures are of this machine at this load.
/// </summary>
internal sealed class BenchReport(string bench)
{
    private readonly JsonObject _figures = [];
    private readonly JsonObject _ratios = [];
    private readonly JsonArray _bars = [];
    private readonly List<string[]> _rows = [];
    private readonly string _loadAtStart = Load();

    /// <summary>Every bar was met.</summary>
    public bool IsMet { get; private set; } = true;

    /// <summary>A line of the table; the first is its head.</summary>
    public void Row(params string[] cells) => _rows.Add(cells);

    public void Figure(string name, double value) => _figures[name] = Math.Round(value, 3);

    public void Ratio(string name, double value) => _ratios[name] = Math.Round(value, 3);

    /// <summary>What the bench is held to.</summary>
    public void Bar(string name, double value, double limit, bool atLeast)
    {
        var met = atLeast ? value >= limit : value < limit;
        IsMet &= met;
        _bars.Add(new JsonObject
        {
            ["name"] = name,
            ["value"] = Math.Round(value, 3),
            ["limit"] = limit,
            ["rule"] = atLeast ? "at least" : "below",
            ["met"] = met,
        });
    }

    public static double Median(IEnumerable<double> values) => Medians.Of(values);

    public static string Text(double value, int decimals = 1) =>
        value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    public void Print(bool json)
    {
        if (json)
        {
            var all = new JsonObject
            {
                ["bench"] = bench,
                ["load"] = new JsonArray(_loadAtStart, Load()),
                ["figures"] = _figures,
                ["ratios"] = _ratios,
                ["bars"] = _bars,
            };
            Console.WriteLine(all.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
            return;
        }

        PrintTable();
        Console.WriteLine();
        foreach (var (name, value) in _ratios)
            Console.WriteLine($"ratio {name} = {value}");
        foreach (var bar in _bars)
        {
            Console.WriteLine(
                $"bar {bar!["name"]}: {bar["value"]}, {bar["rule"]} {bar["limit"]}: {((bool)bar["met"]! ? "met" : "MISSED")}");
        }

        Console.WriteLine($"load average {_loadAtStart} -> {Load()} on {Environment.ProcessorCount} processors");
    }

    private void PrintTable()
    {
        var columns = _rows.Max(r => r.Length);
        var widths = Enumerable.Range(0, columns).Select(c => _rows.Max(r => c < r.Length ? r[c].Length : 0)).ToArray();
        foreach (var row in _rows)
            Console.WriteLine(string.Join("  ", row.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))));
    }

    private static string Load() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3));
}
