namespace Fabric.Host.Cli;

/// <summary>Columns as wide as their widest cell; the same on a terminal and in a pipe, for scripts.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> _rows = [heads];

    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(c => Output.Shown(c ?? "-"))]);

    public void WriteTo(TextWriter output)
    {
        var widths = heads.Select((_, column) => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows)
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
