namespace Fabric.Drivers;

/// <summary>What went wrong with a hypervisor; a closed list.</summary>
public enum HypervisorFault
{
    /// <summary>The program is not installed or not executable.</summary>
    Missing = 1,

    /// <summary>The process ended before it was ready: a device or an option was refused.</summary>
    DidNotStart,

    /// <summary>The process is gone.</summary>
    Exited,

    /// <summary>The monitor did not answer in time; the process may live.</summary>
    NoAnswer,

    /// <summary>The monitor sent something that is not its protocol, or over its bounds.</summary>
    BadMonitor,

    /// <summary>The command was refused; the message has the hypervisor's own words.</summary>
    Refused,
}

/// <summary>A hypervisor did not do what was asked; says which, what and why.</summary>
public sealed class HypervisorException : Exception
{
    /// <summary>Makes the error.</summary>
    public HypervisorException(HypervisorFault fault, string message, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>What kind of failure it is.</summary>
    public HypervisorFault Fault { get; }
}
