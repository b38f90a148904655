using FsCheck;
using FsCheck.Fluent;

namespace Fabric.Protocol.Tests.Disks;

public sealed class CopyModelTests
{
    // Of any number: what the guest writes after a loss would heal it.
    private const int StepsMax = 600;

    private static readonly Arbitrary<int[]> Choices = Gen.Choose(0, StepsMax)
        .SelectMany(count => Gen.Choose(0, 999).ArrayOf(count)).ToArbitrary();

    [Fact]
    public void Target_has_what_the_source_has_whatever_happened_before_the_pause() => Prop.ForAll(
        Choices,
        choices =>
        {
            var model = Run(choices, withRanges: true);
            return model is { IsWhole: true, AreEqual: true, HasLost: false };
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Fact]
    public void Without_ranges_a_piece_brings_an_older_block_over_a_newer_one() =>
        Seeds().Any(choices => Run(choices, withRanges: false).HasLost).ShouldBeTrue();

    [Fact]
    public void The_model_goes_through_the_synchronous_part() =>
        Seeds().Count(choices => Run(choices, withRanges: true).WasSynchronous).ShouldBeGreaterThan(100);

    private static IEnumerable<int[]> Seeds() => Enumerable.Range(0, 1_000).Select(seed =>
    {
        var chance = new System.Random(seed);
        return Enumerable.Range(0, chance.Next(StepsMax)).Select(_ => chance.Next(1000)).ToArray();
    });

    private static CopyModel Run(int[] choices, bool withRanges)
    {
        var model = new CopyModel(withRanges);
        foreach (var choice in choices)
            model.Step(choice);
        model.Finish();
        return model;
    }
}
