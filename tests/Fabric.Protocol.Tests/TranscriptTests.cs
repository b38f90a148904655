using System.Runtime.CompilerServices;
using Fabric.Testing.Scenarios;

namespace Fabric.Protocol.Tests;

/// <summary>
/// Plays each transcript on the bare machines and compares what happens with what is recorded. With
/// <c>FABRIC_UPDATE_TRANSCRIPTS=1</c> the files are written anew, for a reviewer to read as a diff.
/// </summary>
public sealed class TranscriptTests
{
    private static readonly string[] Names =
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Transcripts"), "*.txt")
            .Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Files() => [.. Names];

    [Theory]
    [MemberData(nameof(Files))]
    public void Transcript_plays_on_the_bare_machines(string file)
    {
        var recorded = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Transcripts", file));
        recorded.ShouldStartWith("# ", customMessage: "a transcript opens with what it shows and why");
        var played = Transcript.Play(recorded, ScenarioWorld.Bare());
        if (Environment.GetEnvironmentVariable("FABRIC_UPDATE_TRANSCRIPTS") is "1")
        {
            File.WriteAllText(Path.Combine(SourceDirectory(), "Transcripts", file), played);
            return;
        }

        if (!string.Equals(played, recorded, StringComparison.Ordinal))
            Assert.Fail($"{file}: {Transcript.Difference(recorded, played)}");
    }

    [Fact]
    public void Each_of_the_hardest_cases_has_a_transcript_or_a_reason()
    {
        var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Transcripts", "README.md"));
        for (var number = 1; number <= 25; number++)
        {
            (Array.Exists(Names, n => n.StartsWith($"case{number:00}", StringComparison.Ordinal))
                || readme.Contains($"| {number} |", StringComparison.Ordinal)).ShouldBeTrue($"case {number}");
        }
    }

    private static string SourceDirectory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
