namespace Fabric.Drivers.Embedded;

/// <summary>Which program the embedded hypervisor is, and how it is used.</summary>
public sealed record EmbeddedOptions
{
    /// <summary>Program and first arguments, up to and including the verb <c>guest</c>.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>For answers of the monitors.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMilliseconds(Protocol.Limits.Qemu.CommandTimeoutMs);

    /// <summary>Told of what was ignored or worked around; for a log.</summary>
    public Action<string>? Note { get; init; }

    internal Qmp.QmpOptions Monitors => new() { CommandTimeout = CommandTimeout, Note = Note };
}
