namespace Fabric.Host.Faults;

/// <summary>The demo could not be carried out, which says nothing about the rules; the message says why.</summary>
public sealed class LabException(string message, Exception? cause = null) : Exception(message, cause);
