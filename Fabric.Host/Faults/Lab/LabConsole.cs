using Spectre.Console;

namespace Fabric.Host.Faults.Lab;

/// <summary>Where progress is told.</summary>
internal static class LabConsole
{
    /// <summary>With JSON, standard output is for the machine, so progress goes where errors go.</summary>
    public static IAnsiConsole For(bool json)
    {
        const int widthOfFiles = 160;
        var isTerminal = json ? !Console.IsErrorRedirected : !Console.IsOutputRedirected;
        if (isTerminal && !json)
            return AnsiConsole.Console;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(json ? Console.Error : Console.Out),
            Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        });
        if (!isTerminal)
            console.Profile.Width = widthOfFiles;
        return console;
    }

    /// <summary>Nowhere.</summary>
    public static IAnsiConsole Quiet() =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null) });
}
