namespace Fabric.Protocol;

/// <summary>How a link between sites is.</summary>
public enum LineState
{
    /// <summary>Nobody has measured it lately: nothing is held back for it.</summary>
    Unknown = 1,

    /// <summary>It answers.</summary>
    Up,

    /// <summary>It answers, and is worse than it was: migrations go on, and are told.</summary>
    Degraded,

    /// <summary>It does not answer: new attempts wait, and what is under way goes on as it can.</summary>
    Down,
}

/// <summary>A way over a link, from a host of the one site to a host of the other.</summary>
/// <param name="From">Who asks.</param>
/// <param name="To">Who answers.</param>
/// <param name="Missed">Questions without an answer, in a row.</param>
/// <param name="Answered">Answers in a row.</param>
/// <param name="HeardAt">When it was reported on.</param>
/// <param name="LastAnswer">When it last answered, or was first asked.</param>
/// <param name="Down">It is judged down; null before it was judged.</param>
/// <param name="Problem">What was in the way last.</param>
public sealed record LinePath(
    HostId From, HostId To, int Missed, int Answered, TimeSpan HeardAt, TimeSpan LastAnswer, bool? Down, string? Problem)
{
    /// <summary>With the result of one more question.</summary>
    /// <param name="answered">It was answered.</param>
    /// <param name="problem">Why not.</param>
    /// <param name="timeoutMs">The link's time-out.</param>
    /// <param name="now">The time.</param>
    public LinePath Asked(bool answered, string? problem, double timeoutMs, TimeSpan now)
    {
        if (answered)
        {
            var count = Math.Min(Answered + 1, Limits.Sites.AnswersForUp);
            return this with
            {
                Missed = 0,
                Answered = count,
                HeardAt = now,
                LastAnswer = now,
                Problem = null,
                Down = Down is true && count < Limits.Sites.AnswersForUp,
            };
        }

        var missed = Math.Min(Missed + 1, Limits.Sites.MissesForDown);
        var patience = Math.Max(Limits.Sites.DownAfterMs, Limits.Sites.DownAfterTimeouts * timeoutMs);
        return this with
        {
            Missed = missed,
            Answered = 0,
            HeardAt = now,
            Problem = problem,
            Down = Down is true
                || (missed >= Limits.Sites.MissesForDown && (now - LastAnswer).TotalMilliseconds >= patience) ? true : Down,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{From} to {To}";
}
