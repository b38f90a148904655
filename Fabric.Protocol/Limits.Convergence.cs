namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>When a pre-copy is to end, and what is done when it does not come to an end.</summary>
    public static class Convergence
    {
        /// <summary>
        /// The downtime limit, in milliseconds, that a hypervisor is given until the policy lets it switch over: at
        /// 10 Gbit/s 1.25 MB, less than any guest dirties between two looks. Not 0, with which QEMU never looks at its
        /// dirty bitmap again.
        /// </summary>
        public const int HeldBackMs = 1;

        /// <summary>A round that leaves less than this share of the least so far still shrinks, in percent.</summary>
        public const int ShrinksPercent = 90;

        /// <summary>Rounds in a row that do not shrink: one may be chance, as when the guest begins something.</summary>
        public const int RoundsWithoutGainMax = 2;

        /// <summary>
        /// And for at least this long: rounds of 50 ms prove nothing, and slowing a guest takes QEMU two periods of 1 s.
        /// </summary>
        public const int StallMsMin = 2_000;

        /// <summary>Clark's bound: after so many rounds what has not converged does not.</summary>
        public const int RoundsMax = 29;

        /// <summary>Clark's bound: so many times the guest's memory.</summary>
        public const int MemoryTimesMax = 3;

        /// <summary>QEMU's first throttle, in percent of a vCPU's time.</summary>
        public const int ThrottleFirst = 20;

        /// <summary>QEMU's step, doubled: a round may be long, and each step needs two of them to be seen.</summary>
        public const int ThrottleStep = 20;

        /// <summary>QEMU's bound.</summary>
        public const int ThrottleMax = 99;

        /// <summary>When the needed downtime is raised to, it has this much room, in percent.</summary>
        public const int DowntimeMarginPercent = 120;

        /// <summary>The deadline is near when a tenth of it is left ...</summary>
        public const int NearPercent = 10;

        /// <summary>... or less than this, beyond what the last copy takes: a commit and its orders over a WAN.</summary>
        public const int NearMsMin = 2_000;

        /// <summary>
        /// Decisions of one attempt that are told: 29 rounds with a change of rate in each, a ladder of 12 steps, as
        /// many by hand; then they are made and not told.
        /// </summary>
        public const int DecisionsMax = 64;

        /// <summary>
        /// What a pilot has not looked at yet: ten numbers a second and a round for each, for the 5 s that a monitor may
        /// hang; then the oldest are dropped, for only the last numbers count.
        /// </summary>
        public const int PilotInputsMax = 128;

        /// <summary>When nobody says when a migration is given up: a week, the longest deadline there is.</summary>
        public const long NoDeadlineMs = 7L * 86_400_000;

        /// <summary>Between two samples of what a guest writes, at least: as short as the embedded guest's can be told.</summary>
        public const int WwsIntervalMsMin = 100;

        /// <summary>QEMU's own bound: a minute.</summary>
        public const int WwsIntervalMsMax = 60_000;

        /// <summary>Samples of one curve: Clark's had 40.</summary>
        public const int WwsSamplesMax = 100;

        /// <summary>A host's answer comes this long after the interval at most: a hypervisor's look and both ways.</summary>
        public const int WwsAnswerMs = 20_000;

        /// <summary>QEMU measures for a minute at most.</summary>
        public const int DirtyRateSecondsMax = 60;

        /// <summary>Between two looks whether a measurement has ended.</summary>
        public const int DirtyRateLookMs = 100;

        /// <summary>Looks after its time is over: 10 s, in which a busy machine hashes the sample (512 pages a GiB).</summary>
        public const int DirtyRateLooksMax = 100;

        /// <summary>A decision's reason, in words.</summary>
        public const int WhyLengthMax = 200;
    }
}
