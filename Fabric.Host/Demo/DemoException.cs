namespace Fabric.Host.Demo;

/// <summary>The demo could not be carried out; the message says why and what to do. Says nothing about the rules.</summary>
public sealed class DemoException(string message, Exception? cause = null) : Exception(message, cause);
