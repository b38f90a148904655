namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>The fault suite.</summary>
    public static class Faults
    {
        /// <summary>Cases of a plan, repetitions counted: 2,000 x 10 s are six hours.</summary>
        public const int CasesMax = 2_000;

        /// <summary>
        /// Repetitions of a case: the default plan (184 cases) 10 times is CasesMax; fewer cases, more often.
        /// </summary>
        public const int RepetitionsMax = 100;

        /// <summary>The shortest fault that lasts: a signal takes 5 ms to send and 5 ms to take back.</summary>
        public const int ForMsMin = 100;

        /// <summary>The longest: ten minutes, in which every time-out of a migration has passed.</summary>
        public const int ForMsMax = 600_000;

        /// <summary>The slowest slow link: 64 KiB, one read of a proxy, take a minute at it.</summary>
        public const long RateMin = 1_000;

        /// <summary>The fastest slow link: more than loopback carries through a proxy.</summary>
        public const long RateMax = 1_000_000_000;

        /// <summary>The least time for a migration: three times a host's restart.</summary>
        public const int SettleMsMin = 10_000;

        /// <summary>The most.</summary>
        public const int SettleMsMax = 1_800_000;

        /// <summary>The least memory: the test guest's kernel, RAM disk and working set take 50 MiB.</summary>
        public const long MemoryMin = 64L << 20;

        /// <summary>The most memory.</summary>
        public const long MemoryMax = 64L << 30;

        /// <summary>The most on a guest's disk: it is made in memory first, and crosses at 1 MB/s in 17 minutes.</summary>
        public const long DiskMax = 1L << 30;

        /// <summary>Arguments of a command that breaks or mends: ten times those of a long ssh line.</summary>
        public const int ArgumentsMax = 100;

        /// <summary>
        /// What a command that breaks or mends may take: an ssh login (10 s) and a service's stop (90 s).
        /// </summary>
        public const int CommandMsMax = 120_000;

        /// <summary>What is kept of a command's output for its report: some lines of an error.</summary>
        public const int CommandOutputMax = 2_000;

        /// <summary>Questions whose answers are told apart at one time: at 50 a second, those of twenty minutes.</summary>
        public const int QuestionsKept = 1 << 16;

        /// <summary>Answers kept of each host: at 50 a second, half an hour's, 4 MB.</summary>
        public const int AnswersMax = 90_000;

        /// <summary>Numbers kept of questions that were answered twice: more say nothing new.</summary>
        public const int TwiceMax = 1_000;

        /// <summary>Cases of a run between sites: each has an address of its own in 10.100.0.0/16, from .0.10 on.</summary>
        public const int AddressesMax = 65_000;
    }
}
