namespace Fabric.Host.Cli;

/// <summary>The command line, the environment or the client's file is wrong.</summary>
internal sealed class UsageException(string message) : Exception(message);
