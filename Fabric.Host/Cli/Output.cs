using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Fabric.Host.Cli;

/// <summary>
/// stdout holds what was asked for: with --json one document (or one a line while watching) and nothing else; whatever
/// else is said to people goes to stderr.
/// </summary>
internal sealed class Output(CliContext cli, bool json)
{
    private static readonly JsonWriterOptions Pretty = new()
    {
        Indented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a program reads it.</summary>
    public bool IsJson => json;

    /// <summary>--json.</summary>
    public static Option<bool> JsonOption() => new("--json") { Description = "One JSON document on stdout" };

    /// <summary>Writes the document, or lets a person have it.</summary>
    public void Write<T>(T value, JsonTypeInfo<T> type, Action<TextWriter> forPeople)
    {
        if (json)
            cli.Out.WriteLine(Text(value, type, Pretty));
        else
            forPeople(cli.Out);
    }

    /// <summary>Writes one line of JSON lines.</summary>
    public void WriteLine(JsonObject line) => cli.Out.WriteLine(line.ToJsonString(new JsonSerializerOptions
    {
        Encoder = Compact.Encoder,
    }));

    /// <summary>Says something on the way.</summary>
    public void Say(string text) => (json ? cli.Error : cli.Out).WriteLine(text);

    /// <summary>Says what went wrong and what to do; with --json as a document too.</summary>
    public int Fail(int exitCode, string code, string detail, string? advice)
    {
        cli.Error.WriteLine($"fabric: {Shown(detail)}");
        if (advice is not null)
            cli.Error.WriteLine($"        {Shown(advice)}");
        if (json)
        {
            WriteLine(new JsonObject
            {
                ["error"] = new JsonObject
                {
                    ["code"] = code,
                    ["detail"] = detail,
                    ["advice"] = advice,
                    ["exitCode"] = exitCode,
                },
            });
        }

        return exitCode;
    }

    /// <summary>Text from elsewhere, without what would move a terminal's cursor.</summary>
    public static string Shown(string text) =>
        string.Concat(text.Select(c => char.IsControl(c) && c is not '\n' ? '?' : c));

    private static string Text<T>(T value, JsonTypeInfo<T> type, JsonWriterOptions options)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, options))
            JsonSerializer.Serialize(writer, value, type);
        return System.Text.Encoding.UTF8.GetString(memory.ToArray());
    }
}
