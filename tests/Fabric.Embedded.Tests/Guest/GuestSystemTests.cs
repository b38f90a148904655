using Fabric.Embedded.Guest;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Guest;

public sealed class GuestSystemTests
{
    public static TheoryData<string> Programs => Guests.Programs;

    [Theory]
    [MemberData(nameof(Programs))]
    public void Guest_of_one_seed_does_the_same_again_and_one_of_another_does_not(string program)
    {
        var (one, same, other) = (Guests.Booted(program), Guests.Booted(program), Guests.Booted(program, seed: 2));
        foreach (var guest in new[] { one, same, other })
            Guests.Run(guest, 500);
        Guests.Fingerprint(one).ShouldBe(Guests.Fingerprint(same));
        Guests.Fingerprint(one).ShouldNotBe(Guests.Fingerprint(other));
        one.Registers.Writes.ShouldBe(same.Registers.Writes);
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void Guest_that_was_left_alone_finds_nothing_wrong(string program)
    {
        var guest = Guests.Booted(program);
        Guests.Run(guest, guest.Memory.Pages + 100);
        guest.Verify().Bad.ShouldBe(0);
        guest.Registers.Bad.ShouldBe(0UL);
        guest.Registers.Scans.ShouldBeGreaterThan(0UL);
    }

    [Fact]
    public void Page_that_lost_its_last_write_is_found()
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        var page = guest.Layout.PageOf(3);
        var before = guest.Memory.Page(page).ToArray();
        guest.Write(3);
        before.CopyTo(guest.Memory.Page(page));
        guest.Verify().Bad.ShouldBe(1);
        guest.Write(3);
        guest.Registers.Bad.ShouldBe(1UL);
    }

    [Fact]
    public void Page_that_is_old_together_with_its_entry_in_the_table_is_found()
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        var page = guest.Layout.PageOf(3);
        var (before, table) = (guest.Memory.Page(page).ToArray(), guest.Memory.Page(0).ToArray());
        guest.Write(3);
        before.CopyTo(guest.Memory.Page(page));
        table.CopyTo(guest.Memory.Page(0));
        guest.Verify().Bad.ShouldBe(1);
    }

    [Fact]
    public void Write_that_was_done_twice_is_found()
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        var registers = guest.Registers;
        guest.Write(3);
        guest.Registers = registers;
        guest.Write(3);
        guest.Verify().Bad.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Page_in_the_place_of_another_is_found()
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        guest.Memory.Page(guest.Layout.PageOf(5)).CopyTo(guest.Memory.Page(guest.Layout.PageOf(6)));
        guest.Verify().Bad.ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(17)]
    [InlineData(4095)]
    public void Changed_byte_is_found_and_no_later_write_hides_it(int offset)
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        guest.Memory.Page(guest.Layout.PageOf(9))[offset] ^= 4;
        guest.Write(9);
        guest.Verify().Bad.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Torn_table_is_found()
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        guest.Memory.Page(1)[2000] ^= 1;
        guest.Verify().Bad.ShouldBeGreaterThan(0);
    }

    // Shares of memory written in ten seconds of each program: its writable working set, in the order of the literature.
    [Theory]
    [InlineData(GuestProgramSpec.Idle, 0, 1)]
    [InlineData(GuestProgramSpec.StaticWeb, 1, 6)]
    [InlineData(GuestProgramSpec.SpecWeb, 3, 16)]
    [InlineData(GuestProgramSpec.GameServer, 0.5, 5)]
    [InlineData(GuestProgramSpec.MemoryMuncher, 45, 55)]
    [InlineData(GuestProgramSpec.KernelBuild, 15, 70)]
    [InlineData(GuestProgramSpec.Oltp, 5, 40)]
    public void Working_set_has_the_shape_of_its_kind(string program, double percentMin, double percentMax)
    {
        const long bytes = 64L << 20;
        var guest = Guests.New(program, bytes: bytes);
        while (!guest.HasBooted)
            guest.Operate();
        guest.Memory.Dirty.Start();
        Guests.Run(guest, guest.Program.Rate * 10);
        var percent = 100.0 * guest.Memory.Dirty.Count() / guest.Memory.Pages;
        percent.ShouldBeInRange(percentMin, percentMax);
    }
}
