using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>A file of words, and a guest whose memory is parts of it, changed here and there.</summary>
internal sealed class BootGuest : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fpb");
    private readonly byte[] _kernel = new byte[2 << 20];

    public BootGuest()
    {
        var random = new Random(8);
        for (var i = 0; i < _kernel.Length; i++)
            _kernel[i] = (byte)random.Next(100);
        File = At("kernel");
        System.IO.File.WriteAllBytes(File, _kernel);
    }

    public string File { get; }

    public ReadOnlySpan<byte> Kernel => _kernel;

    public string At(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>A file that is not the same.</summary>
    public string Other()
    {
        var bytes = _kernel.ToArray();
        bytes[1_000]++;
        System.IO.File.WriteAllBytes(At("other"), bytes);
        return At("other");
    }

    /// <summary>Pages out of the file.</summary>
    public byte[] Stream(int pages = 256) => Sample.Write(at =>
    {
        var random = new Random(8);
        var block = new RamBlock("pc.ram", pages * 4096L);
        at.Header();
        at.Configuration("tiny"u8);
        at.RamSection(SectionKind.Start, 2);
        at.RamSetup([block]);
        at.EndOfRecords();
        at.Footer(2);
        at.RamSection(SectionKind.End, 2);
        for (var page = 0; page < pages; page++)
        {
            var data = _kernel.AsSpan(random.Next(_kernel.Length - 4096), 4096).ToArray();
            data[random.Next(4096)]++;
            at.Page(block, page * 4096L, data);
        }

        at.EndOfRecords();
        at.Footer(2);
        at.End();
    });

    public void Dispose() => _directory.Delete(recursive: true);
}
