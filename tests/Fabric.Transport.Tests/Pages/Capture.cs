using System.IO.Compression;

namespace Fabric.Transport.Tests.Pages;

/// <summary>A stream as real QEMU wrote it; Captures/README.md tells more.</summary>
internal static class Capture
{
    public static readonly string? FullFolder = Find();

    public static byte[] Short(string name)
    {
        using var resource = typeof(Capture).Assembly.GetManifestResourceStream(name).ShouldNotBeNull();
        using var gzip = new GZipStream(resource, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    public static byte[] Full(string name)
    {
        var file = File.ReadAllBytes(Path.Combine(FullFolder.ShouldNotBeNull(), name + ".fwd.zst"));
        return Zstd.Decompress(file);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("FABRIC_STREAMS") is { Length: > 0 } named)
            return named;
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "shared", "data", "streams");
            if (Directory.Exists(folder))
                return folder;
        }

        return null;
    }
}

/// <summary>Needs captures in full; reported as skipped where there are none.</summary>
public sealed class FullCaptureTheoryAttribute : TheoryAttribute
{
    public FullCaptureTheoryAttribute()
    {
        if (Capture.FullFolder is null)
            Skip = "no captures in full; FABRIC_STREAMS names their folder";
    }
}
