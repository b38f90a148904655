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
        /// <summary>One file, and one string: a thousand hosts at 1 KiB each. Read in one piece.</summary>
        public const int FileBytesMax = 1 << 20;

        /// <summary>A file with all it includes: 8 files of the largest size.</summary>
        public const long TotalBytesMax = 8L * FileBytesMax;

        /// <summary>Files read for one configuration, an include of the same file counted each time.</summary>
        public const int FilesMax = 128;

        /// <summary>Includes in includes: site, role, host and their common parts fit four times.</summary>
        public const int IncludeDepthMax = 16;

        /// <summary>
        /// Levels of objects, arrays and path segments: our deepest key has 4. As many stack frames of about 5
        /// calls x 200 bytes are 64 KiB.
        /// </summary>
        public const int NestingMax = 64;

        /// <summary>
        /// Substitutions that wait for each other. A level is about 5 calls x 250 bytes, so 400 levels stay below
        /// 0.5 MiB of a thread's stack (1.5 MiB on the smallest system).
        /// </summary>
        public const int ResolveDepthMax = 400;

        /// <summary>Steps of resolving: a full file (1 MiB / 8 bytes = 128 Ki fields), 8 steps a field.</summary>
        public const long ResolveStepsMax = 1 << 20;

        /// <summary>Values of the resolved tree, shared ones each time, and one for every 64 characters.</summary>
        public const long WeightMax = 1 << 20;

        /// <summary>Errors collected before the rest is only counted: two screens.</summary>
        public const int ErrorsMax = 100;

        /// <summary>A longer unknown key gets no suggestion: comparing takes 64 x 64 x 60 known keys.</summary>
        public const int SuggestLengthMax = 64;

        /// <summary>A certificate or key file: a chain of 10 certificates of 4 KiB, with room.</summary>
        public const int PemBytesMax = 64 << 10;
    }
}
