using Fabric.Simulation.Pages;

namespace Fabric.Simulation.Plants;

/// <summary>Page stores, and sources that use them, that are wrong, each in one way.</summary>
internal static class StorePlants
{
    public static IReadOnlyList<Plant> All { get; } =
    [
        Store("store-not-checked", StoreBug.NotChecked, "a store is opened without comparing its pages with their hashes"),
        Store("store-not-compared", StoreBug.NotCompared,
            "a store's pages are compared with their hashes neither when it is opened nor when they are used"),
        Store("store-names-earlier-pages", StoreBug.NamesEarlierGeneration,
            "the manifest names what the store held before its last transfer"),
        Store("store-of-another-vm", StoreBug.TakesOtherVms, "whose pages are in a store is not looked at"),
        Store("store-of-another-secret", StoreBug.IgnoresSecret, "a checkpoint that was made with another secret is written on"),
        Store("store-quota-ignored", StoreBug.IgnoresQuota, "other VMs' stores do not count for the quota"),
        Store("store-never-removed", StoreBug.NeverRemoves, "a store stays when its VM runs, whatever the settings say"),
        Store("source-skips-clean-pages", StoreBug.SkipsCleanPages,
            "a source that was rolled back sends only what its guest has written since"),
        Store("source-trusts-last-attempt", StoreBug.TrustsLastAttempt,
            "a source believes that the target holds what it was sent in the attempt before"),
        Store("checkpoint-forgets-last-copy", StoreBug.ForgetsLastRound, "what a source sends in its last copy is not in its checkpoint"),
    ];

    private static Plant Store(string name, StoreBug bug, string what) => new(name, what) { StoreBug = bug };
}
