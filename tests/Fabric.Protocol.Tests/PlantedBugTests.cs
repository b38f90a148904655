using Fabric.Testing.Scenarios;

namespace Fabric.Protocol.Tests;

/// <summary>The rules can fail: each known bug, planted on purpose, is caught by the rule that it breaks.</summary>
public sealed class PlantedBugTests
{
    private static readonly string[] ToTheCommit =
    [
        "vm v1 on a", "migrate v1 to b", "deliver all", "qemu a pauses", "deliver all", "qemu b loads", "deliver all",
        "qemu a completes", "deliver all",
    ];

    [Fact]
    public void A_grant_before_its_commit_is_caught() => Broken(
        r => r is TargetReport { View: TargetView.Loaded, Stamp: var s }
            ? new Grant(s with { Epoch = s.Epoch + 1 }, Side.Target)
            : null,
        toTarget: true).ShouldContain("rule 3");

    [Fact]
    public void A_source_that_is_rolled_back_after_the_commit_is_caught() => Broken(
        r => r is SourceReport { View: SourceView.HandedOff, Stamp: var s } ? new RollBackSource(s) : null,
        toTarget: false).ShouldContain("rule 1");

    [Fact]
    public void A_source_that_is_released_before_the_target_ran_is_caught() => Broken(
        r => r is TargetReport { View: TargetView.Loaded, Stamp: var s }
            ? new ReleaseSource(s with { Epoch = s.Epoch + 1 })
            : null,
        toTarget: false).ShouldContain("rule 11");

    [Fact]
    public void Without_a_planted_bug_nothing_is_caught() =>
        Should.Throw<ShouldAssertException>(() => Broken(_ => null, toTarget: false));

    private static string Broken(Func<Report, Order?> bug, bool toTarget)
    {
        var world = new ScenarioWorld(
            w => new BuggyCoordinator(new BareCoordinator(w), w, bug, HostId.Of(toTarget ? "b" : "a")),
            (host, w) => new BareAgent(host, w));
        return Should.Throw<RuleBrokenException>(() => Array.ForEach(ToTheCommit, c => world.Do(c))).Message;
    }

    /// <summary>Does what the machines say, and one thing more.</summary>
    private sealed class BuggyCoordinator(
        IScenarioCoordinator right, IScenarioSurroundings world, Func<Report, Order?> bug,
        HostId to) : IScenarioCoordinator
    {
        public bool IsUp => right.IsUp;

        public DateTimeOffset? NextWake => right.NextWake;

        public IEnumerable<MigrationState> Active => right.Active;

        public void Deliver(HostId host, Report report)
        {
            right.Deliver(host, report);
            if (bug(report) is { } order)
                world.Post(new Letter(to, order, null));
        }

        public void Start() => right.Start();

        public void Kill() => right.Kill();

        public void Ask(VmId vm, VmInput input) => right.Ask(vm, input);

        public void Ask(VmId vm, MigrationInput input) => right.Ask(vm, input);

        public void HostFound(HostId host) => right.HostFound(host);

        public void HostLost(HostId host) => right.HostLost(host);

        public void Wake() => right.Wake();

        public IEnumerable<string> Describe() => right.Describe();

        public VmState VmOf(VmId vm) => right.VmOf(vm);
    }
}
