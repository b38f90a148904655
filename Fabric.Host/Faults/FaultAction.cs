namespace Fabric.Host.Faults;

/// <summary>What is done to it.</summary>
public enum FaultAction
{
    /// <summary>kill -9.</summary>
    Kill = 1,

    /// <summary>A process gets no time (SIGSTOP, then SIGCONT); a link carries no byte and stays open; between sites, one way of it.</summary>
    Stop,

    /// <summary>A link's connections are reset, and new ones refused; between sites, every packet is lost.</summary>
    Cut,

    /// <summary>Nothing more can be written.</summary>
    DiskFull,

    /// <summary>A process gets a tenth of its time; a link carries so many bytes a second.</summary>
    Slow,

    /// <summary>What a network is turned with is read-only, or not where it was.</summary>
    Refuse,
}
