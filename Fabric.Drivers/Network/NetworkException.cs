using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>Why a VM's network could not be moved; a closed list, numbers are never reused.</summary>
public enum NetworkFault
{
    /// <summary>The specification or the move is wrong by itself.</summary>
    SpecInvalid = 1,

    /// <summary>The network namespace is not there, or may not be entered.</summary>
    NamespaceMissing = 2,

    /// <summary>This program may not change the network.</summary>
    NotPermitted = 3,

    /// <summary>An interface that must be there is not.</summary>
    LinkMissing = 4,

    /// <summary>An interface is there and is something else, or set up otherwise.</summary>
    LinkUnfit = 5,

    /// <summary>The VM's MAC address lives on this host already.</summary>
    MacInUse = 6,

    /// <summary>The VM's address answers from somewhere else, or is this host's own.</summary>
    AddressInUse = 7,

    /// <summary>The VM's packets do not fit into the overlay.</summary>
    OverlayMtu = 8,

    /// <summary>This host has no address in the underlay, or not the one it is known by.</summary>
    UnderlayMissing = 9,

    /// <summary>This host does not forward packets.</summary>
    ForwardingOff = 10,

    /// <summary>Nobody answers for the gateway: the bridge does not lead to the VM's network.</summary>
    GatewaySilent = 11,

    /// <summary>The kernel refused a change.</summary>
    KernelRefused = 12,

    /// <summary>The kernel did not answer, or not understandably; whether the change was made is unknown.</summary>
    KernelUnclear = 13,

    /// <summary>The step before has not been done.</summary>
    NotPrepared = 14,

    /// <summary>Another move of this VM's network has not been ended.</summary>
    EarlierMoveOpen = 15,

    /// <summary>Something is there that this program could not put back as it is.</summary>
    ForeignEntry = 16,

    /// <summary>The note of what was before cannot be written or read.</summary>
    NotesFailed = 17,

    /// <summary>The name server refused the update.</summary>
    DnsRefused = 18,

    /// <summary>The name server did not answer.</summary>
    DnsSilent = 19,

    /// <summary>The secret of the DNS key is not known to this host.</summary>
    DnsKeyMissing = 20,
}

/// <summary>A step of moving a VM's network failed: what, where, and what to do.</summary>
public sealed class NetworkException : Exception
{
    /// <summary>Makes the error.</summary>
    public NetworkException(NetworkFault fault, string where, string what, string advice, Exception? inner = null)
        : base($"{where}: {what}. {advice}", inner)
    {
        Fault = fault;
        Where = where;
        What = what;
        Advice = advice;
    }

    /// <summary>What kind of failure it is.</summary>
    public NetworkFault Fault { get; }

    /// <summary>The interface, address or file.</summary>
    public string Where { get; }

    /// <summary>What is wrong there.</summary>
    public string What { get; }

    /// <summary>What an operator can do, a sentence.</summary>
    public string Advice { get; }

    /// <summary>The step that failed, once it is known.</summary>
    public NetworkStep? Step { get; internal set; }
}
