namespace Fabric.Testing.Scenarios;

/// <summary>A rule of the protocol does not hold in the modelled world.</summary>
public sealed class RuleBrokenException(string message) : Exception(message);
