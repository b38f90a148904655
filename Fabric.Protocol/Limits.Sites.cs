namespace Fabric.Protocol;

public static partial class Limits
{
    /// <summary>What lies between sites, and how it is judged.</summary>
    public static class Sites
    {
        /// <summary>A question and its train: 16 x 96 bytes with all heads, 770 bytes a second each way.</summary>
        public const int ProbeEveryMs = 2_000;

        /// <summary>
        /// Questions that follow each one, so that losses are seen where nothing else is sent. A minute's window has 30
        /// times 16 segments on each of two ways, 960: of a loss of 2 % it shows 2.0 +- 0.45. A question of 8 bytes has 96
        /// on the line: 22 of TLS, 52 of TCP and IP, 14 of Ethernet.
        /// </summary>
        public const int ProbeTrain = 15;

        /// <summary>
        /// Between two of them, or the kernel makes one segment of several: it waits for the card with what it has. 15 x
        /// 2 ms are done long before the next question.
        /// </summary>
        public const int ProbeTrainStepMs = 2;

        /// <summary>A question is lost after this, or after four times the measured time-out, whichever is more.</summary>
        public const int ProbeWithinMs = 2_000;

        /// <summary>
        /// The connection for it, with TLS and hello: four round trips of 500 ms, and a SYN sent again after 1 s; or twelve
        /// time-outs, which are more on a longer path.
        /// </summary>
        public const int ProbeDialWithinMs = 3_000;

        /// <summary>Time-outs for the connection: four round trips, each with a packet lost twice (1 + 2).</summary>
        public const int ProbeDialTimeouts = 12;

        /// <summary>Time-outs for the answer: a packet lost twice (1 + 2), and the answer.</summary>
        public const int ProbeTimeouts = 4;

        /// <summary>A question and its answer: 8 bytes of number.</summary>
        public const int ProbeSize = 8;

        /// <summary>A host that is asked nothing for so long closes the connection: 15 questions.</summary>
        public const int ProbeIdleMs = 15 * ProbeEveryMs;

        /// <summary>
        /// Connections for questions that a host holds open: two from each of 31 other sites. Each has a waiting thread and
        /// TLS's buffers, 0.6 MiB: 37 MiB at worst.
        /// </summary>
        public const int ProbesMax = 2 * 31;

        /// <summary>Ways over one link that are asked at a time: one may fail because of its own two hosts.</summary>
        public const int PathsMax = 2;

        /// <summary>Ways that are remembered; when hosts come and go, the older are forgotten.</summary>
        public const int PathsKeptMax = 4 * PathsMax;

        /// <summary>Links that one host is asked to watch: those of its site to 31 others, and as many that have just changed.</summary>
        public const int WatchesMax = 2 * 31;

        /// <summary>An order to watch is good for so long, and is repeated in a third of it.</summary>
        public const int WatchLastsMs = 60_000;

        /// <summary>How often a site, and a link, looks at what has changed.</summary>
        public const int LookEveryMs = 1_000;

        /// <summary>A way that is not reported on for 15 questions says nothing any more.</summary>
        public const int UnheardMs = 15 * ProbeEveryMs;

        /// <summary>
        /// A link that has only just begun to be measured holds new attempts back so long at most: a dial that fails (3 s) and
        /// two more questions.
        /// </summary>
        public const int MeasureFirstMs = ProbeDialWithinMs + (2 * ProbeEveryMs) + 1_000;

        /// <summary>Questions lost in a row after which a way is down: one is a loss, two a coincidence.</summary>
        public const int MissesForDown = 3;

        /// <summary>And no answer for so long, or for eight time-outs: TCP sends a packet three times in 7.</summary>
        public const int DownAfterMs = 3 * ProbeEveryMs;

        /// <summary>Time-outs without an answer before a way is down.</summary>
        public const int DownAfterTimeouts = 8;

        /// <summary>Answers in a row after which a way that was down is up: 6 s, so that a path that flaps stays down.</summary>
        public const int AnswersForUp = 3;

        /// <summary>What a state is judged by: the last minute, in six parts.</summary>
        public const int WindowParts = 6;

        /// <summary>A part of the window.</summary>
        public const int WindowPartMs = 10_000;

        /// <summary>
        /// Segments sent again, in percent, from which a link is degraded: at 2 % cubic carries a fiftieth of a line of 50 ms ...
        /// </summary>
        public const double LossPercentEnter = 2;

        /// <summary>... and at less than which it is no more.</summary>
        public const double LossPercentLeave = 1;

        /// <summary>Fewer segments sent again, or questions lost, in a minute, are chance.</summary>
        public const int LossesMin = 3;

        /// <summary>Questions without an answer, in percent, from which a link is degraded ...</summary>
        public const double MissPercentEnter = 20;

        /// <summary>... and at less than which it is no more.</summary>
        public const double MissPercentLeave = 5;

        /// <summary>
        /// A round trip of so many times the least is degraded. A migration alone fills the queue before the line, usually
        /// 100 ms: three times the 50 ms of an ordinary path ...
        /// </summary>
        public const double TripTimesEnter = 4;

        /// <summary>... and below so many times it is no more.</summary>
        public const double TripTimesLeave = 3;

        /// <summary>Round trips that differ by less than this are alike: in a metropolis, 4 ms are not much worse than 1 ms.</summary>
        public const double TripSlackMs = 20;

        /// <summary>A link is no longer degraded after so long without a reason.</summary>
        public const int GoodForMs = 30_000;

        /// <summary>The least round trip and the most bandwidth are those of the last 10 to 20 minutes.</summary>
        public const int ExtremeMs = 600_000;

        /// <summary>RFC 6298: the share of a new round trip in the smoothed one ...</summary>
        public const double TripAlpha = 1.0 / 8;

        /// <summary>... of a new difference in the variation ...</summary>
        public const double TripBeta = 1.0 / 4;

        /// <summary>... and how many variations a time-out is above the smoothed one.</summary>
        public const double TripVariations = 4;

        /// <summary>
        /// The least time-out. RFC 6298 says 1 s, Linux takes 200 ms, as is done here: a host that is busy for a moment is
        /// not a path that loses.
        /// </summary>
        public const int TimeoutMsMin = 200;

        /// <summary>The most, RFC 6298: 60 s.</summary>
        public const int TimeoutMsMax = 60_000;

        /// <summary>No path on earth, or by three satellites in a row, takes longer: what is more is a stopped process.</summary>
        public const double TripMsMax = 60_000;

        /// <summary>A migration is told of another time-out when it grew, or fell below a half; then with so much room.</summary>
        public const double TimeoutRoom = 1.25;

        /// <summary>An order is not repeated before its report can be there: the way there and back, and a loss.</summary>
        public const int OrderTimeouts = 2;

        /// <summary>
        /// What a fence waits for: an order, and its packet lost four times in a row (1 + 2 + 4 + 8), and the answer (1).
        /// </summary>
        public const int FenceTimeouts = 16;

        /// <summary>
        /// How long a host may be away: TCP, TLS, upgrade, hello and report are 6 round trips, and in each of two of them three
        /// losses in a row (2 x 7); rounded up.
        /// </summary>
        public const int ReturnTimeouts = 24;

        /// <summary>
        /// From pause to commit: pause, last bytes, their acknowledgement, device state, its acknowledgement and two reports are 7
        /// round trips, in each up to three losses in a row (7 x 8); rounded up.
        /// </summary>
        public const int SwitchoverTimeouts = 64;

        /// <summary>
        /// A data link's connection is dead after so many time-outs of silence, where that is more than four signs of life: a packet
        /// that is sent three times takes 7. Over a satellite (600 ms, RTO 1.8 s) 14 s instead of 8.
        /// </summary>
        public const int DeadPathTimeouts = 8;

        /// <summary>What carries over a link lately: a source tells several times a second; ten of them.</summary>
        public const int CarriedLastsMs = 5_000;

        /// <summary>A problem's text, as a host words it: a line and a half.</summary>
        public const int ProblemLengthMax = 240;

        /// <summary>Segments that one probe reports: more than a connection sends in a year of questions.</summary>
        public const long SegmentsMax = 1L << 32;
    }
}
