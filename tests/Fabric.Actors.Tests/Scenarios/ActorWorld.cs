using Fabric.Testing.Scenarios;

namespace Fabric.Actors.Tests.Scenarios;

/// <summary>The world of the real actors, with a manual clock.</summary>
internal static class ActorWorld
{
    /// <param name="seed">Orders what happens at once; null: as it became ready, which is what transcripts
    /// show.</param>
    public static ScenarioWorld Create(int? seed = null)
    {
        var lives = 0;
        int? Next() => seed is { } s ? (s * 1_000) + lives++ : null;
        var journal = new ActorJournal();
        return new ScenarioWorld(
            w => new ActorCoordinator(w, journal, Next), (host, w) => new ActorAgent(host, w, Next), journal);
    }
}
