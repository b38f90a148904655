namespace Fabric.Testing.Scenarios;

/// <summary>A world that a transcript is played in.</summary>
public interface IScenarioWorld
{
    /// <summary>Carries out one command of a transcript; returns what happened, a line each.</summary>
    /// <exception cref="ScenarioException">The command makes no sense here.</exception>
    /// <exception cref="RuleBrokenException">A rule of the protocol does not hold.</exception>
    IReadOnlyList<string> Do(string command);
}
