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

    /// <summary>What a VM may be made of.</summary>
    public static class Vm
    {
        /// <summary>16 MiB: less does not boot a kernel.</summary>
        public const long MemoryKiBMin = 16 * 1024;

        /// <summary>4 TiB: beyond every host that this was tried on, below overflow of any sum of 2^20 VMs.</summary>
        public const long MemoryKiBMax = 4L * 1024 * 1024 * 1024;

        /// <summary>QEMU's q35 machine takes up to 288 without further options.</summary>
        public const int VcpusMax = 288;

        /// <summary>The kernel's own limit for a command line on x86 is 2,048 characters.</summary>
        public const int AppendLengthMax = 2048;

        /// <summary>A PCI bus has 32 slots.</summary>
        public const int DevicesMax = 32;

        /// <summary>The longest single argument: PATH_MAX.</summary>
        public const int ArgumentLengthMax = 4096;
    }

    /// <summary>A migration.</summary>
    public static class Migration
    {
        /// <summary>Clean-up that hangs for hours is tried once a minute: 1,440 orders a day and leftover.</summary>
        public const long WakeMsMax = 60_000;

        /// <summary>VM names leave room for "-m" and a 13-digit version in a migration's name: 63 - 2 - 13.</summary>
        public const int VmNameLengthMax = 48;
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
