namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>The demo between sites, and its client.</summary>
    public static class Demo
    {
        /// <summary>What the client reads at once: at 6.4 MB/s, the most that the guest sends, 10 ms.</summary>
        public const int DownloadBufferBytes = 64 * 1024;

        /// <summary>What the lab says of itself: four hosts of 200 bytes and as much again for the rest.</summary>
        public const int LabJsonBytesMax = 64 * 1024;

        /// <summary>To make the lab or to take it away; 8 s and 0.5 s were seen, on two busy processors.</summary>
        public const int LabScriptMs = 180_000;
    }
}
