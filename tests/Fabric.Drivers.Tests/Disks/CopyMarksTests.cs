using Fabric.Drivers.Disks;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Disks;

public sealed class CopyMarksTests
{
    private const string Image = "abc";

    // A machine's bitmaps, changed as it would: all at once.
    private static List<DiskBitmap> Apply(IEnumerable<DiskBitmap> bitmaps, IEnumerable<BitmapChange> changes)
    {
        var all = bitmaps.ToList();
        foreach (var change in changes)
        {
            var i = all.FindIndex(b => string.Equals(b.Name, change.Name, StringComparison.Ordinal));
            switch (change)
            {
                case BitmapChange.Add add:
                    i.ShouldBe(-1);
                    all.Add(new DiskBitmap(add.Name, 0, add.IsRecording, IsInconsistent: false));
                    break;
                case BitmapChange.Merge merge:
                    all[i] = all[i] with
                    {
                        DirtyBytes = all.Single(b => string.Equals(b.Name, merge.From, StringComparison.Ordinal)).DirtyBytes,
                    };
                    break;
                case BitmapChange.Clear:
                    all[i] = all[i] with { DirtyBytes = 0 };
                    break;
                case BitmapChange.Remove:
                    all.RemoveAt(i);
                    break;
            }
        }

        return all;
    }

    private static (CopyMarks Marks, List<DiskBitmap> Bitmaps) Begun()
    {
        var (marks, changes) = CopyMarks.Begin(Image);
        return (marks, Apply([], changes));
    }

    [Fact]
    public void Copy_is_found_where_it_stands_after_every_step()
    {
        var (marks, bitmaps) = Begun();
        CopyMarks.Find(bitmaps, Image).ShouldBe(marks);
        foreach (var step in new Func<CopyMarks, (CopyMarks, IReadOnlyList<BitmapChange>)>[]
        {
            m => m.Advance(16 << 20), m => m.Advance(64 << 20), m => m.Turn(), m => m.Advance(64 << 20), m => m.Turn(),
        })
        {
            (marks, var changes) = step(marks);
            bitmaps = Apply(bitmaps, changes);
            CopyMarks.Find(bitmaps, Image).ShouldBe(marks);
            bitmaps.ShouldAllBe(b => marks.Owns(b.Name));
        }

        marks.Point.ShouldBe(new DiskCopyPoint(2, 0));
    }

    [Fact]
    public void Turn_moves_what_was_written_into_the_round()
    {
        var (marks, bitmaps) = Begun();
        bitmaps[0] = bitmaps[0] with { DirtyBytes = 4096 };
        var (next, changes) = marks.Turn();
        bitmaps = Apply(bitmaps, changes);
        bitmaps.Single(b => string.Equals(b.Name, next.Round, StringComparison.Ordinal)).DirtyBytes.ShouldBe(4096);
        bitmaps.Single(b => string.Equals(b.Name, next.Written, StringComparison.Ordinal)).DirtyBytes.ShouldBe(0);
    }

    [Fact]
    public void Copy_into_another_image_or_one_that_is_not_whole_is_not_gone_on_with()
    {
        var (marks, bitmaps) = Begun();
        bitmaps = Apply(bitmaps, marks.Turn().Changes);
        CopyMarks.Find(bitmaps, "abd").ShouldBeNull();
        CopyMarks.Find(bitmaps, "ab").ShouldBeNull();
        for (var i = 0; i < bitmaps.Count; i++)
        {
            CopyMarks.Find([.. bitmaps.Where((_, k) => k != i)], Image).ShouldBeNull();
            CopyMarks.Find([.. bitmaps.Select((b, k) => b with { IsInconsistent = k == i })], Image).ShouldBeNull();
        }

        CopyMarks.Find([.. bitmaps.Select(b => b with { IsRecording = false })], Image).ShouldBeNull();
        CopyMarks.Find([.. bitmaps, new DiskBitmap($"fabric.{Image}.at.0.5", 0, false, false)], Image).ShouldBeNull();
    }

    [Fact]
    public void Bitmaps_of_others_do_not_matter()
    {
        var (marks, bitmaps) = Begun();
        CopyMarks.Find([.. bitmaps, new DiskBitmap("backup0", 5, true, true)], Image).ShouldBe(marks);
        CopyMarks.IsOurs("backup0").ShouldBeFalse();
    }

    [Fact]
    public void Advance_to_where_it_is_changes_nothing()
    {
        var (marks, _) = Begun();
        marks.Advance(0).Changes.ShouldBeEmpty();
        Limits.Disks.GranularityBytes.ShouldBe(65536);
    }
}
