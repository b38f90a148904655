using System.Globalization;
using System.Text;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Faults.Report;

/// <summary>A case in words.</summary>
internal static class CaseText
{
    /// <summary>What came of it, on one line.</summary>
    public static string Of(CaseResult one)
    {
        if (one.Verdict == Verdict.NotCarriedOut)
            return $"not carried out: {one.Problem}";
        var text = new StringBuilder(one.Outcome);
        if (one.Reason is { } reason)
            text.Append(CultureInfo.InvariantCulture, $": {reason}");
        if (one.Attempts > 1)
            text.Append(
                CultureInfo.InvariantCulture, $", {one.Attempts} attempts ({string.Join(", ", one.FailedAttempts)})");
        if ((one.BlackoutMs ?? one.DowntimeMs) is { } still)
            text.Append(CultureInfo.InvariantCulture, $", guest stood still {still:0} ms");
        if (one.Verdict == Verdict.Broken)
            text.Append(CultureInfo.InvariantCulture, $"; BROKEN: {string.Join("; ", one.Faults)}");
        return text.ToString();
    }

    /// <summary>What came of it, in a cell.</summary>
    public static string Short(CaseResult one) => one.Verdict switch
    {
        Verdict.NotCarriedOut => "?",
        Verdict.Broken => "BROKEN",
        Verdict.Held when one.Attempts > 1 =>
            string.Create(CultureInfo.InvariantCulture, $"{one.Outcome} ({one.Attempts})"),
        Verdict.Held => one.Outcome ?? "",
        _ => throw new ArgumentOutOfRangeException(nameof(one), one.Verdict, "not a verdict"),
    };

    /// <summary>The worst of several repetitions stands for them in a cell.</summary>
    public static CaseResult Worst(IEnumerable<CaseResult> repetitions) => repetitions.MinBy(r => r.Verdict switch
    {
        Verdict.Broken => 0,
        Verdict.NotCarriedOut => 1,
        Verdict.Held => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(repetitions), r.Verdict, "not a verdict"),
    })!;
}
