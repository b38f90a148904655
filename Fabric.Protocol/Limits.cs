namespace Fabric.Protocol;

/// <summary>
/// Every bound of the fabric, in one place, each with its arithmetic. Sizes are in bytes and times in
/// milliseconds unless the name says otherwise. A bound that operators may change is a default here and a key
/// in <c>HOCON/reference.conf</c>; the others are part of the design.
/// </summary>
public static class Limits
{
    /// <summary>Names of VMs, hosts and migrations.</summary>
    public static class Names
    {
        /// <summary>A DNS label: what can stand in a host name, a file name and a certificate's subject.</summary>
        public const int LengthMax = 63;
    }

    /// <summary>The actor runtime.</summary>
    public static class Actors
    {
    }

    /// <summary>The journal and the host's ledger, which is a journal too.</summary>
    public static class Journal
    {
    }

    /// <summary>The node link: JSON over one WebSocket per host.</summary>
    public static class NodeLink
    {
    }

    /// <summary>The data link and the relay.</summary>
    public static class Relay
    {
    }

    /// <summary>QMP and the QEMU processes behind it.</summary>
    public static class Qemu
    {
    }

    /// <summary>Configuration files.</summary>
    public static class Hocon
    {
    }
}
