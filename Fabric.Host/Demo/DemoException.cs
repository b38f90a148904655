namespace Fabric.Host.Demo;

/// <summary>The demo could not be carried out, which says nothing about the rules; the message says why.</summary>
public sealed class DemoException(string message, Exception? cause = null) : Exception(message, cause);
