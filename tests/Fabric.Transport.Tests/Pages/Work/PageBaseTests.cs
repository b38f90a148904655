using Fabric.Protocol;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>Boot files that both hosts have.</summary>
public sealed class PageBaseTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fpb");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_guest_that_was_booted_from_files_that_both_have_takes_few_bytes()
    {
        var (file, stream) = Booted();
        var without = Wire(stream, null, null);
        Wire(stream, [file], null).ShouldBeInRange(without, without + 100);
        Wire(stream, [file], [Other(file)]).ShouldBeInRange(without, without + 100);

        // Every byte of this file is noise of its own, and the table has an entry for some of them; a kernel packs to a
        // tenth.
        Wire(stream, [file], [file]).ShouldBeLessThan(without * 2 / 3);
    }

    [Fact]
    public void Files_that_are_missing_too_small_or_too_large_are_no_base()
    {
        var small = Path.Combine(_directory.FullName, "small");
        File.WriteAllBytes(small, new byte[Limits.PageWork.BaseBytesMin - 1]);
        PageBase.TryLoad([small]).ShouldBeNull();
        PageBase.TryLoad([]).ShouldBeNull();
        PageBase.TryLoad([Path.Combine(_directory.FullName, "none")]).ShouldBeNull();
        var large = Path.Combine(_directory.FullName, "large");
        using (var file = File.Create(large))
            file.SetLength(Limits.PageWork.BaseBytesMax + 1L);
        PageBase.TryLoad([large]).ShouldBeNull();
    }

    /// <summary>A file, and a guest whose memory is parts of it, changed here and there.</summary>
    private (string File, byte[] Stream) Booted()
    {
        var random = new Random(8);
        var kernel = new byte[2 << 20];
        for (var i = 0; i < kernel.Length; i++)
            kernel[i] = (byte)random.Next(100);
        var path = Path.Combine(_directory.FullName, "kernel");
        File.WriteAllBytes(path, kernel);
        var stream = Sample.Write(at =>
        {
            var block = new Fabric.Transport.Pages.RamBlock("pc.ram", 256 * 4096);
            at.Header();
            at.Configuration("tiny"u8);
            at.RamSection(Fabric.Transport.Pages.SectionKind.Start, 2);
            at.RamSetup([block]);
            at.EndOfRecords();
            at.Footer(2);
            at.RamSection(Fabric.Transport.Pages.SectionKind.End, 2);
            for (var page = 0; page < 256; page++)
            {
                var data = kernel.AsSpan(random.Next(kernel.Length - 4096), 4096).ToArray();
                data[random.Next(4096)]++;
                at.Page(block, page * 4096L, data);
            }

            at.EndOfRecords();
            at.Footer(2);
            at.End();
        });
        return (path, stream);
    }

    private string Other(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[1_000]++;
        var path = Path.Combine(_directory.FullName, "other");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static long Wire(byte[] stream, string[]? source, string[]? target)
    {
        using var pair = new WorkPair(
            new PageWorkOptions { Level = 4 }, holder: new MemoryHolder(), sourceFiles: source, targetFiles: target);
        GuestImage.Of(pair.Run(stream, 30_000)).ShouldBeLike(GuestImage.Of(stream));
        return pair.Wire;
    }
}
