using System.Globalization;

namespace Fabric.Host.Faults.Truth;

/// <summary>An answer of the guest's address, as it left a host for the network.</summary>
/// <param name="Host">The host whose uplink it left by.</param>
/// <param name="Number">The question's.</param>
/// <param name="At">When, by the kernel's clock.</param>
public sealed record AddressAnswer(string Host, long Number, DateTimeOffset At);

/// <summary>
/// What was seen of the guest's address: a client asks without end, each question with a number of its own, and at the
/// uplink of every host it is heard which of them sends an answer.
/// </summary>
/// <param name="Asked">Questions.</param>
/// <param name="Heard">Those that the client got an answer to.</param>
/// <param name="Twice">Numbers that the client got more than one answer to.</param>
/// <param name="Answers">Every answer that left a host.</param>
/// <param name="AtRest">What was wrong when all was over, in words: nobody answers, or routers lead elsewhere.</param>
public sealed record AddressEvidence(
    long Asked, long Heard, IReadOnlyList<long> Twice, IReadOnlyList<AddressAnswer> Answers, IReadOnlyList<string> AtRest)
{
    // Of each kind: a second place answers hundreds of times.
    private const int ShownMax = 3;

    /// <summary>
    /// A guest's card may still send what it had when its clock of runs says that it stopped, and both say when by
    /// themselves.
    /// </summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    /// <summary>Which hosts were not listened to until the end, in words: their silence proves nothing.</summary>
    public IReadOnlyList<string> Deaf { get; init; } = [];

    /// <summary>What was looked at.</summary>
    public string Seen => Text($"{Asked} questions, {Heard} answered, {Answers.Count} answers left hosts");

    /// <summary>Each breach, in words.</summary>
    /// <param name="copies">Where the guest ran, and when.</param>
    public IEnumerable<string> Faults(IReadOnlyList<CopyRecord> copies) =>
        Shown(
            Answers.GroupBy(a => a.Number).Where(g => g.Skip(1).Any()).OrderBy(g => g.Key),
            g => Text($"question {g.Key} was answered by {string.Join(" and by ", g.Select(Words))}"),
            "questions were answered more than once")
        .Concat(Shown(
            Twice.Order(), n => Text($"the client got two answers to question {n}"), "questions came back twice"))
        .Concat(Shown(
            Answers.Where(a => !Ran(copies, a)), a => $"{Words(a)} answered where the guest did not run",
            "answers came from where the guest did not run"))
        .Concat(AtRest)
        .Concat(Deaf);

    private static bool Ran(IReadOnlyList<CopyRecord> copies, AddressAnswer answer) => copies.Any(c =>
        string.Equals(c.Host, answer.Host, StringComparison.Ordinal)
        && c.Runs.Any(r => r.From - Slack <= answer.At && (r.To is not { } to || answer.At <= to + Slack)));

    private static List<string> Shown<T>(IEnumerable<T> all, Func<T, string> words, string rest)
    {
        var found = all.ToList();
        var shown = found.Take(ShownMax).Select(words).ToList();
        if (found.Count > ShownMax)
            shown.Add(Text($"{found.Count} {rest}"));
        return shown;
    }

    private static string Words(AddressAnswer answer) => Text($"{answer.Host} at {answer.At:HH:mm:ss.ffffff}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
