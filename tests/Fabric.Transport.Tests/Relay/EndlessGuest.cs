using Fabric.Transport.Pages;
using Fabric.Transport.Tests.Pages;

namespace Fabric.Transport.Tests.Relay;

/// <summary>
/// A guest that is never through: a head, and four rounds that can be sent again and again. A quarter of its pages are
/// noise with a record that changes, a quarter text written anew, a quarter the same text in another place, and a
/// quarter noise written anew.
/// </summary>
internal static class EndlessGuest
{
    private const int Pages = 256;
    private static readonly RamBlock Ram = new("pc.ram", Pages * 4096);

    public static byte[] Head { get; } = Sample.Write(at =>
    {
        at.Header();
        at.Configuration("endless"u8);
        at.RamSection(SectionKind.Start, 2);
        at.RamSetup([Ram]);
        at.EndOfRecords();
        at.Footer(2);
    });

    public static byte[] Rounds { get; } = [.. Enumerable.Range(0, 4).SelectMany(Round)];

    private static byte[] Round(int round) => Sample.Write(at =>
    {
        at.RamSection(SectionKind.Part, 2);
        for (var page = 0; page < Pages; page++)
            at.Page(Ram, page * 4096L, Page(page, round));
        at.EndOfRecords();
        at.Footer(2);
    });

    private static byte[] Page(int page, int round)
    {
        var bytes = new byte[4096];
        switch (page % 4)
        {
            case 0:
                new Random(page).NextBytes(bytes);
                new Random(round).NextBytes(bytes.AsSpan(1_000 + (100 * round), 64));
                break;
            case 1 or 2:
                var random = new Random((page / 4 * 4) + round);
                for (var i = 0; i < bytes.Length; i++)
                    bytes[i] = (byte)("the quick brown fox "[random.Next(20)]);
                break;
            default:
                new Random((page * 4) + round).NextBytes(bytes);
                break;
        }

        return bytes;
    }
}
