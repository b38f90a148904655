using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>What was sent in the place of pages, in words.</summary>
internal static class PageWorkText
{
    /// <summary>In one line: bytes before and after.</summary>
    public static string Of(PageWorkProgress work) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Show.Bytes(work.BytesBefore)} to {Show.Bytes(work.BytesAfter)}, level {work.Level}");

    /// <summary>A line for each kind that there is.</summary>
    public static void AddTo(TextTable table, PageWorkProgress work)
    {
        table.Add("  page work", Of(work));
        foreach (var (name, pages) in Kinds(work))
            if (pages > 0)
                table.Add($"    {name}", string.Create(CultureInfo.InvariantCulture, $"{pages} pages"));
    }

    private static IEnumerable<(string Name, long Pages)> Kinds(PageWorkProgress work) =>
    [
        ("zero", work.ZeroPages), ("unchanged", work.UnchangedPages), ("reference", work.ReferencePages),
        ("delta", work.DeltaPages), ("plain", work.PlainPages), ("raw", work.RawPages),
    ];
}
