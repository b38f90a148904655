namespace Fabric.Embedded.Migration;

/// <summary>A migration cannot go on; the message says what is wrong and where.</summary>
internal sealed class MigrationFault(string message, Exception? inner = null) : Exception(message, inner);
