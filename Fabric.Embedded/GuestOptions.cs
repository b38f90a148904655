using Fabric.Protocol;

namespace Fabric.Embedded;

/// <summary>What a guest's process is told at its start.</summary>
public sealed record GuestOptions
{
    /// <summary>The VM's name.</summary>
    public required VmId Vm { get; init; }

    /// <summary>What the guest runs.</summary>
    public required GuestProgramSpec Program { get; init; }

    /// <summary>Its memory.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Sockets of monitors.</summary>
    public required IReadOnlyList<string> Monitors { get; init; }

    /// <summary>Socket of the serial port; null for none.</summary>
    public string? Serial { get; init; }

    /// <summary>File to which the serial port is written as well.</summary>
    public string? ConsoleLog { get; init; }

    /// <summary>File for the process's id.</summary>
    public string? PidFile { get; init; }

    /// <summary>It does not run before it is told to.</summary>
    public bool Paused { get; init; }

    /// <summary>It waits for a migration instead of booting.</summary>
    public bool Incoming { get; init; }
}
