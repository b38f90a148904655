namespace Fabric.Testing;

/// <summary>Something escaped the one thread of a deterministic run, so its seed would not repeat it.</summary>
public sealed class NondeterminismException(string message) : Exception(message);
