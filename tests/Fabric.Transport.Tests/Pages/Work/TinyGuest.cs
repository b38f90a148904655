using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>A write that the guest makes between two looks of its hypervisor.</summary>
/// <param name="Page">Of 64 in RAM and 8 in ROM.</param>
/// <param name="Kind">What: zeros, a fill, noise, text, another page's content, a few bytes, all of it rewritten.</param>
/// <param name="Seed">Which.</param>
internal readonly record struct GuestWrite(int Page, int Kind, int Seed);

/// <summary>A guest of 72 pages that writes as it is told, and the stream that its hypervisor would make of that.</summary>
internal sealed class TinyGuest
{
    public const int Kinds = 8;

    public const int Pages = 72;

    private static readonly RamBlock Ram = new("pc.ram", 64 * 4096);
    private static readonly RamBlock Rom = new("pc.rom", 8 * 4096, 1);

    private readonly byte[][] _memory = [.. Enumerable.Range(0, Pages).Select(_ => new byte[4096])];

    public static byte[] Stream(IReadOnlyList<GuestWrite> writes, int perSection = 20) => Sample.Write(at =>
    {
        var guest = new TinyGuest();
        at.Header();
        at.Configuration("tiny"u8);
        at.RamSection(SectionKind.Start, 2);
        at.RamSetup([Ram, Rom]);
        at.EndOfRecords();
        at.Footer(2);
        at.RamSection(SectionKind.Part, 2);
        for (var i = 0; i < writes.Count; i++)
        {
            if (i > 0 && i % perSection == 0)
            {
                at.EndOfRecords();
                at.Footer(2);
                at.RamSection(SectionKind.Part, 2);
            }

            guest.Write(writes[i], at);
        }

        at.EndOfRecords();
        at.Footer(2);
        at.RamSection(SectionKind.End, 2);
        at.EndOfRecords();
        at.Footer(2);
        at.DeviceState(3, "unknown-device", 0, 1, [.. Enumerable.Range(0, 300).Select(i => (byte)i)]);
        at.End();
    });

    private void Write(GuestWrite write, QemuStreamWriter at)
    {
        var page = write.Page % Pages;
        var random = new Random(write.Seed);
        var bytes = _memory[page];
        switch (write.Kind % Kinds)
        {
            case 0:
                bytes.AsSpan().Clear();
                Fill(page, 0, at);
                return;
            case 1:
                bytes.AsSpan().Fill((byte)write.Seed);
                Fill(page, (byte)write.Seed, at);
                return;
            case 2:
                random.NextBytes(bytes);
                break;
            case 3:
                for (var i = 0; i < 4096; i++)
                    bytes[i] = (byte)("the quick brown fox "[random.Next(20)]);
                break;
            case 4:
                _memory[write.Seed % Pages].CopyTo(bytes, 0);
                break;
            case 5:
                for (var i = random.Next(1, 40); i > 0; i--)
                    bytes[random.Next(4096)] = (byte)random.Next(256);
                break;
            case 6:
                random.NextBytes(bytes.AsSpan(random.Next(4096)));
                break;
        }

        var (block, offset) = page < 64 ? (Ram, page * 4096L) : (Rom, (page - 64) * 4096L);
        at.Page(block, offset, bytes);
    }

    private static void Fill(int page, byte fill, QemuStreamWriter at) =>
        at.ZeroPage(page < 64 ? Ram : Rom, (page < 64 ? page : page - 64) * 4096L, fill);
}
