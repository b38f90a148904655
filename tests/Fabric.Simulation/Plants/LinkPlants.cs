using Fabric.Simulation.World;

namespace Fabric.Simulation.Plants;

/// <summary>Data links that are wrong, each in one way.</summary>
internal static class LinkPlants
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        Link("link-resends-wrong", LinkBug.ResendsFromWrongOffset,
            "a frame that was cut in its middle is sent again from its beginning, under the number of the rest"),
        Link("link-acks-early", LinkBug.AcksBeforeItCame, "a frame is acknowledged when its head has come"),
        Link("link-takes-duplicates", LinkBug.TakesDuplicates, "a frame that comes twice is given to its reader twice"),
        Link("link-takes-used-proofs", LinkBug.TakesUsedProofs, "a proof that was used lets another connection in"),
        Link("link-credit-endless", LinkBug.GivesEndlessCredit, "a reader that stands still is taken for one that reads"),
        Link("link-silence-ignored", LinkBug.IgnoresSilence, "a path that carries nothing is never found dead"),
        Link("link-forgets-lost", LinkBug.ForgetsLostFrames, "what was lost with a connection is taken for sent"),
    ];

    private static Plant Link(string name, LinkBug bug, string what) => new(name, what) { LinkBug = bug };
}
