namespace Fabric.Testing.Scenarios;

/// <summary>A transcript asks for something that the world cannot do.</summary>
public sealed class ScenarioException(string message) : Exception(message);
