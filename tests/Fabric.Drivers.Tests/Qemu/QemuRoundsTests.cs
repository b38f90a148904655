using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Qemu;

public sealed class QemuRoundsTests
{
    private readonly QemuRounds _rounds = new();

    private static QemuRam Ram(int syncs, long pages, long timeMs, long remaining = 40_960) =>
        new(syncs, pages, pages * 4096, remaining, 1 << 27, 4096, 50, 1000, timeMs, null);

    [Fact]
    public void Round_ends_when_the_bitmap_is_read_again()
    {
        _rounds.Next(Ram(1, 100, 100)).ShouldBeNull();
        _rounds.Next(Ram(1, 900, 900)).ShouldBeNull();
        _rounds.Next(Ram(2, 1000, 1000)).ShouldBe(new Round(1, 1000, 4_096_000, 10, 50, 4_096_000, 1000));
        _rounds.Next(Ram(2, 1100, 1100)).ShouldBeNull();
        _rounds.Next(Ram(3, 1250, 1250)).ShouldBe(new Round(2, 250, 1_024_000, 10, 50, 4_096_000, 250));
    }

    [Fact]
    public void First_round_counts_from_zero_even_if_it_was_over_at_the_first_look() =>
        _rounds.Next(Ram(2, 1000, 1000)).ShouldNotBeNull().Pages.ShouldBe(1000);

    [Fact]
    public void Two_rounds_between_two_looks_become_one_with_the_later_number()
    {
        _rounds.Next(Ram(1, 0, 0));
        var round = _rounds.Next(Ram(3, 1000, 1000)).ShouldNotBeNull();
        round.Number.ShouldBe(2);
        round.Pages.ShouldBe(1000);
    }

    [Fact]
    public void Adopted_migration_counts_from_the_first_look()
    {
        _rounds.Next(Ram(5, 5000, 5000)).ShouldBeNull();
        _rounds.Next(Ram(6, 5100, 5100)).ShouldNotBeNull().Pages.ShouldBe(100);
    }

    [Fact]
    public void Next_migration_begins_anew()
    {
        _rounds.Next(Ram(1, 0, 0));
        _rounds.Next(Ram(4, 5000, 5000));
        _rounds.Next(Ram(1, 10, 10)).ShouldBeNull();
        _rounds.Next(Ram(2, 700, 700)).ShouldNotBeNull().ShouldSatisfyAllConditions(
            r => r.Number.ShouldBe(1), r => r.Pages.ShouldBe(700));
    }

    [Fact]
    public void Round_of_no_time_has_the_hypervisors_rate()
    {
        _rounds.Next(Ram(1, 0, 0));
        _rounds.Next(Ram(2, 100, 0)).ShouldNotBeNull().BytesPerSecond.ShouldBe(1000);
    }
}
