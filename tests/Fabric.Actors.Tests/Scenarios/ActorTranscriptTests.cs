using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>
/// The transcripts that the bare machines play, through the real actors: the same text, byte for byte. They are
/// recorded where the protocol's own tests are; here they are only read.
/// </summary>
public sealed class ActorTranscriptTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Transcripts");

    public static TheoryData<string> Files() =>
        [.. Directory.GetFiles(Folder, "*.txt").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Transcript_plays_through_the_actors(string file)
    {
        var recorded = File.ReadAllText(Path.Combine(Folder, file));
        var played = Transcript.Play(recorded, ActorWorld.Create());
        if (!string.Equals(played, recorded, StringComparison.Ordinal))
            Assert.Fail($"{file}: {Transcript.Difference(recorded, played)}");
    }
}
