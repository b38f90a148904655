using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Simulation.Pages;
using Fabric.Simulation.Plans;
using Fabric.Simulation.Plants;
using Fabric.Simulation.Runs;

namespace Fabric.Simulation;

/// <summary>The verbs of the command line. What is printed depends on the runs only, but for how long they took.</summary>
internal sealed class Commands(Options options, TextWriter output)
{
    /// <summary>Broken runs that are printed whole; of the others their commands.</summary>
    private const int ShownMax = 3;

    /// <summary>Seeds in which a plant must be found.</summary>
    private const long PlantSeeds = 10_000;

    public int Run()
    {
        if (options.ListPlants)
            return ListPlants();
        if (options.AllPlants)
            return AllPlants();
        var plant = options.Plant is { } name ? Plant.Named(name) : null;
        if (options.Seed is { } seed)
            return One(Chosen(PlanDrawer.Draw(seed, !options.NoFaults)), plant);
        if (options.Case is { } text)
            return One(Enumeration.Parse(text), plant);
        if (plant is not null && options.Seeds > 0)
            return Find(plant, options.Seeds) is { } found ? Say(found, 0) : Say(NotFound(plant, options.Seeds), 1);
        if (options.Seeds > 0)
            return Many("seeds", options.Seeds, n => PlanDrawer.Draw(options.FirstSeed + n, !options.NoFaults), plant);
        var all = new Enumeration(RunResult.Of(Enumeration.Base).Steps, options.Pairs);
        var (of, many) = options.Fraction;
        return Many(options.Pairs ? "pairs" : "singles", all.Count, n => IsTaken(n, of, many) ? all.At(n) : null, plant);
    }

    /// <summary>A fixed choice, spread over the whole and in step with none of its periods.</summary>
    private static bool IsTaken(long number, int of, int many) =>
        many == 1 || (int)((unchecked((ulong)number * 0x9E3779B97F4A7C15UL) >> 33) % (ulong)many) < of;

    private Plan Chosen(Plan plan)
    {
        if (options.Only is not { } only)
            return plan;
        var parts = only.Split('/');
        return parts.Length == 2
            ? Shrinker.Only(plan, Numbers(parts[0], plan.Faults.Count), Numbers(parts[1], plan.Moves.Count))
            : throw new FormatException($"'{only}' is not FAULTS/MOVES, such as 1,3/1");
    }

    private static List<int> Numbers(string text, int most) =>
    [
        .. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(
            n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
                ? number
                : throw new FormatException($"'{n}' is not a number from 1 to {most}")),
    ];

    private int One(Plan plan, Plant? plant)
    {
        var result = RunResult.Of(plan, plant, options.Trace);
        if (result.Broken is not null && !options.Trace)
            Report(result, RunCommand(options.Seed is { } seed ? $"--seed {seed}{Only}" : $"--case {options.Case}"), plant);
        else if (!options.Json || options.Trace)
            Print(result);
        if (options.Json)
        {
            output.WriteLine(new JsonObject
            {
                ["seed"] = plan.Seed,
                ["violations"] = result.Broken is null ? 0 : 1,
                ["broken"] = result.Broken,
                ["migrations"] = result.Migrations,
                ["faultsInjected"] = result.Injected.Count,
            }.ToJsonString());
        }

        return result.Broken is null ? 0 : 1;
    }

    private int Many(string what, long count, Func<long, Plan?> planOf, Plant? plant)
    {
        var batch = new Batch(options.Threads, plant);
        batch.Run(count, planOf);
        foreach (var (number, broken) in batch.Broken.Take(ShownMax))
            Report(broken, CommandOf(what, number, broken.Plan), plant);
        foreach (var (number, broken) in batch.Broken.Skip(ShownMax))
            output.WriteLine($"{CommandOf(what, number, broken.Plan)}: {broken.Broken}");
        var below = options.Coverage ? batch.Coverage.Below(options.Bar ?? 1).ToList() : [];
        below.ForEach(output.WriteLine);
        var missed = options.Bar is not null && below.Count > 0;
        Summarise(what, batch, below.Count);
        return batch.Broken.Count > 0 || missed ? 1 : 0;
    }

    private void Summarise(string what, Batch batch, int below)
    {
        var seconds = batch.Took.TotalSeconds;
        var (reachable, hit, least) = batch.Coverage.Summary();
        var json = new JsonObject
        {
            ["what"] = what,
            ["runs"] = batch.Runs,
            ["violations"] = batch.Broken.Count,
            ["runsPerSecond"] = Math.Round(batch.Runs / seconds, 1),
            ["migrations"] = batch.Migrations,
            ["migrationsPerSecond"] = Math.Round(batch.Migrations / seconds, 1),
            ["faultsInjected"] = batch.FaultsInjected,
            ["seconds"] = Math.Round(seconds, 1),
            ["threads"] = options.Threads,
            ["cellsReachable"] = reachable,
            ["cellsHit"] = hit,
            ["cellsLeastHits"] = least,
        };
        if (options.Coverage)
            json["cellsBelowBar"] = below;
        if (options.Json)
            output.WriteLine(json.ToJsonString());
        else
            output.WriteLine(string.Join(", ", json.Select(p => $"{p.Key} {p.Value}")));
    }

    /// <summary>All that is needed to see a failure and to repeat it; the command comes last.</summary>
    private void Report(RunResult broken, string command, Plant? plant)
    {
        if (options.Shrinks && options.Only is null && broken.Plan.Faults.All(f => f.When.Step == 0))
        {
            var (faults, moves) = Shrinker.Shrink(broken.Plan, broken.Broken!, plant);
            output.WriteLine($"shrunk: {faults.Count} of {broken.Plan.Faults.Count} faults are enough");
            command += $" --only {string.Join(',', faults)}/{string.Join(',', moves)}";
            broken = RunResult.Of(Shrinker.Only(broken.Plan, faults, moves), plant, trace: true);
        }
        else
        {
            broken = RunResult.Of(broken.Plan, plant, trace: true);
        }

        Print(broken);
        output.WriteLine($"repeat: {command} --trace");
        output.WriteLine();
    }

    private void Print(RunResult result)
    {
        foreach (var line in result.Plan.Describe())
            output.WriteLine(line);
        foreach (var line in result.Trace)
            output.WriteLine(line);
        output.WriteLine(result.Broken is { } broken ? $"BROKEN   {broken}" : "all rules held");
    }

    private string CommandOf(string what, long number, Plan plan)
    {
        return RunCommand(string.Equals(what, "seeds", StringComparison.Ordinal)
            ? $"--seed {options.FirstSeed + number}"
            : $"--case {Enumeration.Print(plan)}");
    }

    private string Only => options.Only is { } only ? $" --only {only}" : "";

    private string RunCommand(string run) =>
        $"dotnet run --project tests/Fabric.Simulation -c Release -- {run}" +
        (options.NoFaults ? " --no-faults" : "") + (options.Plant is { } name ? $" --plant {name}" : "");

    private int ListPlants()
    {
        if (options.Json)
            return Say(new JsonObject { ["plants"] = new JsonArray([.. Plant.All.Select(p => (JsonNode)p.Name)]) }, 0);
        foreach (var plant in Plant.All)
            output.WriteLine($"{plant.Name,-34} {plant.What}");
        return 0;
    }

    private int AllPlants()
    {
        var seeds = options.Seeds > 0 ? options.Seeds : PlantSeeds;
        var lines = new List<string> { "| planted bug | what it does | seeds to find it | found by |", "|---|---|---|---|" };
        var missed = 0;
        foreach (var plant in Plant.All)
        {
            var found = Find(plant, seeds);
            missed += found is null ? 1 : 0;
            lines.Add($"| `{plant.Name}` | {plant.What} | {found?["runs"]?.ToString() ?? "not found"} | {found?["rule"]} |");
            output.WriteLine(lines[^1]);
        }

        if (options.Markdown is { } file)
            File.WriteAllLines(file, lines);
        return Say(new JsonObject { ["plants"] = Plant.All.Count, ["missed"] = missed, ["seeds"] = seeds }, missed > 0 ? 1 : 0);
    }

    /// <summary>The first seed that finds it; null when none does.</summary>
    private JsonObject? Find(Plant plant, long seeds)
    {
        var batch = new Batch(options.Threads, plant) { StopsAtFirst = true };
        batch.Run(seeds, n => MayShow(plant, PlanDrawer.Draw(options.FirstSeed + n)));
        return batch.Broken.Count == 0
            ? null
            : new JsonObject
            {
                ["plant"] = plant.Name,
                ["found"] = true,
                ["seed"] = options.FirstSeed + batch.Broken.First().Key,
                ["runs"] = batch.Broken.First().Key + 1,
                ["rule"] = RunResult.KindOf(batch.Broken.First().Value.Broken!),
                ["broken"] = batch.Broken.First().Value.Broken,
            };
    }

    /// <summary>A wrong page store does nothing in a run without any: that one need not be run.</summary>
    private static Plan? MayShow(Plant plant, Plan plan) =>
        plant.StoreBug != StoreBug.None && plan.Pages is null ? null : plan;

    private static JsonObject NotFound(Plant plant, long seeds) =>
        new() { ["plant"] = plant.Name, ["found"] = false, ["runs"] = seeds };

    private int Say(JsonObject what, int code)
    {
        output.WriteLine(options.Json
            ? what.ToJsonString()
            : string.Join(", ", what.Select(p => $"{p.Key} {p.Value?.ToJsonString()}")));
        return code;
    }
}
