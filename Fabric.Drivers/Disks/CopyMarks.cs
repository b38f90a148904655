using System.Globalization;

namespace Fabric.Drivers.Disks;

/// <summary>
/// Where a copy stands, as names of bitmaps in the source's machine, so that it lives as long as the bits it speaks of
/// and changes together with them, in one transaction:
/// <code>
/// fabric.IMAGE.written     what was written since the round began; recording
/// fabric.IMAGE.round.N     the bits of round N, fixed; none for round 0, which is everything
/// fabric.IMAGE.at.N.P      no bits: all of round N before byte P is on the target's disk
/// </code>
/// At any moment what the target may lack is: <c>written</c>, and of round N what lies behind P.
/// </summary>
internal sealed record CopyMarks(string Image, DiskCopyPoint Point)
{
    private const string Prefix = "fabric.";

    /// <summary>The one that records.</summary>
    public string Written => WrittenOf(Image);

    /// <summary>The round's bits; null for the full copy.</summary>
    public string? Round => Point.Round == 0 ? null : RoundOf(Point.Round);

    /// <summary>The one that says how far it is.</summary>
    public string At => AtOf(Point);

    /// <summary>Whether a bitmap is of any copy of ours.</summary>
    public static bool IsOurs(string bitmap) => bitmap.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The copy into that image; null when it is not whole, so that a new one must begin.</summary>
    public static CopyMarks? Find(IReadOnlyList<DiskBitmap> bitmaps, string image)
    {
        var ours = bitmaps.Where(b => IsOurs(b.Name)).ToList();
        var ats = ours.Select(b => PointOf(b.Name, image)).OfType<DiskCopyPoint>().ToList();
        if (ats.Count != 1 || ours.Any(b => b.IsInconsistent))
            return null;
        var marks = new CopyMarks(image, ats[0]);
        var isWhole = ours.Any(b => Is(b, marks.Written) && b.IsRecording)
            && (marks.Round is not { } round || ours.Any(b => Is(b, round) && !b.IsRecording));
        return isWhole ? marks : null;
    }

    /// <summary>Whether a bitmap is one of this copy's.</summary>
    public bool Owns(string bitmap) =>
        string.Equals(bitmap, Written, StringComparison.Ordinal)
        || string.Equals(bitmap, Round, StringComparison.Ordinal)
        || string.Equals(bitmap, At, StringComparison.Ordinal);

    /// <summary>Begins a copy: nothing of it is on the target.</summary>
    public static (CopyMarks Marks, IReadOnlyList<BitmapChange> Changes) Begin(string image)
    {
        var marks = new CopyMarks(image, default);
        return (marks, [Recording(marks.Written), Mark(marks.At)]);
    }

    /// <summary>More of the round is on the target's disk.</summary>
    public (CopyMarks Marks, IReadOnlyList<BitmapChange> Changes) Advance(long position)
    {
        var next = this with { Point = Point with { PositionBytes = position } };
        return (next, next == this ? [] : [Mark(next.At), new BitmapChange.Remove(At)]);
    }

    /// <summary>The round is over, all of it on the target's disk: what was written meanwhile is the next one.</summary>
    public (CopyMarks Marks, IReadOnlyList<BitmapChange> Changes) Turn()
    {
        var next = this with { Point = new DiskCopyPoint(Point.Round + 1, 0) };
        var changes = new List<BitmapChange>
        {
            new BitmapChange.Add(next.Round!, IsRecording: false, Protocol.Limits.Disks.GranularityBytes),
            new BitmapChange.Merge(next.Round!, Written),
            new BitmapChange.Clear(Written),
            Mark(next.At),
            new BitmapChange.Remove(At),
        };
        if (Round is { } round)
            changes.Add(new BitmapChange.Remove(round));
        return (next, changes);
    }

    /// <summary>The guest is paused, and all that it ever wrote is on the target's disk.</summary>
    public IReadOnlyList<BitmapChange> Settle() => [new BitmapChange.Clear(Written)];

    private static BitmapChange Recording(string name) =>
        new BitmapChange.Add(name, IsRecording: true, Protocol.Limits.Disks.GranularityBytes);

    private static BitmapChange Mark(string name) =>
        new BitmapChange.Add(name, IsRecording: false, Protocol.Limits.Disks.MarkGranularityBytes);

    private static string WrittenOf(string image) => $"{Prefix}{image}.written";

    private string RoundOf(int round) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Image}.round.{round}");

    private string AtOf(DiskCopyPoint point) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Image}.at.{point.Round}.{point.PositionBytes}");

    private static DiskCopyPoint? PointOf(string name, string image)
    {
        var before = $"{Prefix}{image}.at.";
        if (!name.StartsWith(before, StringComparison.Ordinal))
            return null;
        var parts = name[before.Length..].Split('.');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var round)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var position)
            ? new DiskCopyPoint(round, position)
            : null;
    }

    private static bool Is(DiskBitmap bitmap, string name) => string.Equals(bitmap.Name, name, StringComparison.Ordinal);
}
