using System.Globalization;

namespace Fabric.Simulation;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Usage = """
        usage: Fabric.Simulation -- WHAT [HOW]
          WHAT
            --seed N                 one run; twice the same is the same to the byte
            --seeds K                K runs, from --first-seed S (1)
            --singles                every fault at every step of the happy path
            --pairs                  every pair of them; --fraction 1/10 takes a fixed tenth
            --case STEP:Kind:Role:MS[,...]   one run of an enumeration
            --list-plants            the bugs that can be planted
            --plant NAME --seeds K   looks for that bug, ends with the first find
            --all-plants             the same for each; --markdown FILE writes the table
          HOW
            --trace                  a line for each transition
            --no-faults              the same runs with nothing wrong in them
            --only F,F/M,M           of a seed: these of its faults and moves, as a shrunk failure prints them
            --no-shrink              do not cut a failing run's faults
            --coverage [--bar N]     stage x fault x role: what was hit less than N times (1)
            --threads N              default: all cores
            --json                   one object on the last line
        exit code: 0 all rules held (or the plants were found), 1 one did not (or a plant was not found, or the coverage is
        below an explicit --bar), 2 the command line makes no sense
        """;

    public long? Seed { get; private set; }

    public long Seeds { get; private set; }

    public long FirstSeed { get; private set; } = 1;

    public bool Singles { get; private set; }

    public bool Pairs { get; private set; }

    public (int Of, int Many) Fraction { get; private set; } = (1, 1);

    public string? Case { get; private set; }

    public bool ListPlants { get; private set; }

    public string? Plant { get; private set; }

    public bool AllPlants { get; private set; }

    public string? Markdown { get; private set; }

    public bool Trace { get; private set; }

    public bool NoFaults { get; private set; }

    public string? Only { get; private set; }

    public bool Shrinks { get; private set; } = true;

    public bool Coverage { get; private set; }

    public long? Bar { get; private set; }

    public int Threads { get; private set; } = Environment.ProcessorCount;

    public bool Json { get; private set; }

    /// <exception cref="FormatException">It makes no sense; says why.</exception>
    public static Options Parse(IReadOnlyList<string> args)
    {
        var options = new Options();
        var words = new Queue<string>(args);
        while (words.TryDequeue(out var word))
            options.Take(word, words);
        var asked = new[]
        {
            options.Seed is not null, options.Seeds > 0, options.Singles, options.Pairs, options.Case is not null,
            options.ListPlants, options.AllPlants,
        }.Count(a => a);
        return asked switch
        {
            0 => throw new FormatException("nothing to do"),
            1 => options,
            2 when options.AllPlants && options.Seeds > 0 => options,
            _ => throw new FormatException("one thing at a time"),
        };
    }

    private void Take(string word, Queue<string> rest)
    {
        switch (word)
        {
            case "--seed": Seed = Number(word, rest); break;
            case "--seeds": Seeds = Number(word, rest); break;
            case "--first-seed": FirstSeed = Number(word, rest); break;
            case "--singles": Singles = true; break;
            case "--pairs": Pairs = true; break;
            case "--fraction": Fraction = FractionOf(Value(word, rest)); break;
            case "--case": Case = Value(word, rest); break;
            case "--list-plants": ListPlants = true; break;
            case "--plant": Plant = Value(word, rest); break;
            case "--all-plants": AllPlants = true; break;
            case "--markdown": Markdown = Value(word, rest); break;
            case "--trace": Trace = true; break;
            case "--no-faults": NoFaults = true; break;
            case "--only": Only = Value(word, rest); break;
            case "--no-shrink": Shrinks = false; break;
            case "--coverage": Coverage = true; break;
            case "--bar": Bar = Number(word, rest); break;
            case "--threads": Threads = (int)Math.Clamp(Number(word, rest), 1, 256); break;
            case "--json": Json = true; break;
            default: throw new FormatException($"'{word}' is not an option");
        }
    }

    private static string Value(string word, Queue<string> rest) =>
        rest.TryDequeue(out var value) ? value : throw new FormatException($"{word} needs a value");

    private static long Number(string word, Queue<string> rest) =>
        long.TryParse(Value(word, rest), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{word} needs a whole number");

    private static (int Of, int Many) FractionOf(string text) =>
        text.Split('/') is [var of, var many]
        && int.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var numerator)
        && int.TryParse(many, NumberStyles.None, CultureInfo.InvariantCulture, out var denominator)
        && numerator > 0 && denominator >= numerator
            ? (numerator, denominator)
            : throw new FormatException($"'{text}' is not a fraction such as 1/10");
}
