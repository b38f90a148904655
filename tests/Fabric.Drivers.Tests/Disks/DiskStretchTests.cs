using Fabric.Drivers.Disks;
using Fabric.Drivers.Disks.Nbd;

namespace Fabric.Drivers.Tests.Disks;

public sealed class DiskStretchTests
{
    [Fact]
    public void Two_contexts_are_cut_at_each_others_ends()
    {
        NbdExtent[] allocation = [new(100, 0), new(100, 3)];
        NbdExtent[] dirty = [new(50, 1), new(100, 0), new(50, 1)];
        DiskStretch.Of(allocation, dirty, 200).ShouldBe(
        [
            new(50, IsDirty: true, IsZero: false), new(50, IsDirty: false, IsZero: false),
            new(50, IsDirty: false, IsZero: true), new(50, IsDirty: true, IsZero: true),
        ]);
    }

    [Fact]
    public void Without_dirty_bits_all_is_dirty() =>
        DiskStretch.Of([new(10, 0), new(20, 2)], null, 30).ShouldBe([new(10, true, false), new(20, true, true)]);

    [Fact]
    public void Nothing_is_said_of_what_one_context_is_silent_about() =>
        DiskStretch.Of([new(100, 0)], [new(40, 1)], 100).Sum(s => s.Length).ShouldBe(40);

    [Fact]
    public void An_extent_longer_than_was_asked_is_cut() =>
        DiskStretch.Of([new(uint.MaxValue, 0)], [new(uint.MaxValue, 1)], 64).ShouldBe([new(64, true, false)]);
}
