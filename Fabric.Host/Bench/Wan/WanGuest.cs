namespace Fabric.Host.Bench.Wan;

/// <summary>A guest of the comparison: what its memory holds and how it is written.</summary>
/// <param name="Word">Its name.</param>
/// <param name="Dirtier">The dirtier's settings.</param>
public sealed record WanGuest(string Word, string Dirtier)
{
    /// <summary>
    /// Light: 200 pages a second change a few words. Heavy: 1,500 pages a second (6 MB/s, half of what a line of
    /// 100 Mbit/s carries) are random anew, which nothing compresses. Text: as many are rewritten with words.
    /// </summary>
    public static IReadOnlyList<WanGuest> All { get; } =
    [
        new("light", "d.ws=16 d.rate=200 d.mode=sparse d.fill=32 d.fillmode=text d.hb=50"),
        new("text", "d.ws=32 d.rate=1500 d.mode=text d.fill=64 d.fillmode=text d.hb=50"),
        new("heavy", "d.ws=32 d.rate=1500 d.mode=rand d.fill=32 d.fillmode=rand d.hb=50"),
    ];
}
