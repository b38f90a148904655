using System.Diagnostics;
using Fabric.Protocol;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Benchmarks.Pages;

/// <summary>
/// Page work over streams that real QEMU wrote: bytes before and after, and what one core does, at the source and at the
/// target with a page store on disk. The streams lie in the folder that <c>FABRIC_STREAMS</c> names, as
/// <c>NAME.fwd.zst</c>.
/// </summary>
internal static class PagesBench
{
    private const int UnpackedMax = 256 << 20;
    private const int ChunkBytes = 64 * 1024;

    public static Task<BenchReport> RunAsync(BenchOptions options)
    {
        var report = new BenchReport("pages");
        report.Row(
            "stream", "level", "MB in", "MB out", "ratio", "source MB/s", "target MB/s",
            "zero/same/like/delta/plain/raw");
        foreach (var file in Streams())
        {
            var name = Path.GetFileName(file).Split('.')[0];
            var stream = Unpack(file);
            for (var level = 0; level < CompressionLevels.Count; level++)
                Measure(report, name, stream, level, options.Rounds ?? 3);
            var first = BootFiles.Length > 0 ? CompressionLevels.FirstWithBase : CompressionLevels.Count;
            for (var level = first; level < CompressionLevels.Count; level++)
                Measure(report, name, stream, level, options.Rounds ?? 3, BootFiles);
            Again(report, name, stream);
        }

        Hashes(report);
        return Task.FromResult(report);
    }

    // The files that the captured guests were booted from, with colons between them.
    private static string[] BootFiles =>
        Environment.GetEnvironmentVariable("FABRIC_BOOT_FILES") is { Length: > 0 } files ? files.Split(':') : [];

    private static void Measure(
        BenchReport report, string name, byte[] stream, int level, int rounds, string[]? files = null)
    {
        BenchOptions.Note($"{name}, level {level}");
        var (source, target) = (double.MaxValue, double.MaxValue);
        PageWorkCounts counts = default;
        for (var i = 0; i < rounds; i++)
        {
            var root = Directory.CreateTempSubdirectory("fabric-pages-");
            var stores = new PageStores(new PageStoreOptions { Directory = root.FullName });
            var (work, took, what) = Encode(stream, level, new Canned([], files is not null), files);
            (source, counts) = (Math.Min(source, took), what);
            target = Math.Min(target, Decode(work, stores, files: files));
            root.Delete(recursive: true);
        }

        var ratio = (double)counts.BytesIn / counts.BytesOut;
        report.Row(
            name, files is null ? $"{level}" : $"{level} boot", BenchReport.Text(counts.BytesIn / 1e6), BenchReport.Text(counts.BytesOut / 1e6),
            BenchReport.Text(ratio, 2), BenchReport.Text(stream.Length / 1e6 / source, 0),
            BenchReport.Text(stream.Length / 1e6 / target, 0),
            $"{counts.Zero}/{counts.Unchanged}/{counts.Reference}/{counts.Delta}/{counts.Plain}/{counts.Raw}");
        var key = $"{name}.level{level}{(files is null ? "" : "boot")}";
        report.Figure($"{key}.bytesOut", counts.BytesOut);
        report.Ratio(key, ratio);
    }

    /// <summary>A second attempt, to a target that holds all of the first.</summary>
    private static void Again(BenchReport report, string name, byte[] stream)
    {
        var root = Directory.CreateTempSubdirectory("fabric-pages-");
        var stores = new PageStores(new PageStoreOptions { Directory = root.FullName });
        var (first, _, _) = Encode(stream, 2, new Canned([]));
        var answer = new Recorder();
        Decode(first, stores);

        // The answer of the second attempt: the head of the first is enough to be asked for it.
        Decode(first[..Math.Min(first.Length, 2_000)], stores, answer);
        var (_, took, counts) = Encode(stream, 2, new Canned(answer.ToArray()));
        report.Row(
            name, "again", BenchReport.Text(counts.BytesIn / 1e6), BenchReport.Text(counts.BytesOut / 1e6),
            BenchReport.Text((double)counts.BytesIn / counts.BytesOut, 2), BenchReport.Text(stream.Length / 1e6 / took, 0),
            "", $"{counts.Zero}/{counts.Unchanged}/{counts.Reference}/{counts.Delta}/{counts.Plain}/{counts.Raw}");
        report.Figure($"{name}.again.bytesOut", counts.BytesOut);
        report.Figure($"{name}.again.answerBytes", answer.Length);
        root.Delete(recursive: true);
    }

    private static (byte[] Work, double Seconds, PageWorkCounts Counts) Encode(
        byte[] stream, int level, Canned answers, string[]? files = null)
    {
        var sink = new Recorder();
        using var encoder = new PageEncoder(
            new PageWorkOptions { Level = level }, sink, answers, TimeProvider.System, answers.Key,
            bootFiles: files);
        var began = Busy();
        for (var at = 0; at < stream.Length; at += ChunkBytes)
            encoder.Write(stream.AsSpan(at, Math.Min(ChunkBytes, stream.Length - at)));
        encoder.Complete();
        return (sink.ToArray(), Busy() - began, encoder.Counts);
    }

    private static double Decode(
        byte[] work, PageStores stores, Recorder? answer = null, string[]? files = null)
    {
        using var decoder = new PageDecoder(
            new PageWorkOptions(), new Recorder { IsDeaf = true }, answer ?? new Recorder(),
            stores.For(new VmId("v"), "m"), files);
        var began = Busy();
        for (var at = 0; at < work.Length; at += ChunkBytes)
            decoder.Write(work.AsSpan(at, Math.Min(ChunkBytes, work.Length - at)));
        return Busy() - began;
    }

    private static void Hashes(BenchReport report)
    {
        var pages = new byte[64 << 20];
        new Random(1).NextBytes(pages);
        var hasher = new PageHasher(PageHasher.NewKey());
        var best = double.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            var began = Busy();
            for (var at = 0; at < pages.Length; at += Limits.Stream.PageSize)
                hasher.Hash(pages.AsSpan(at, Limits.Stream.PageSize));
            best = Math.Min(best, Busy() - began);
        }

        report.Row("XXH3-128 of pages", "", "", "", "", BenchReport.Text(pages.Length / 1e6 / best, 0));
        report.Figure("hashMBps", pages.Length / 1e6 / best);
    }

    private static double Busy() => Process.GetCurrentProcess().UserProcessorTime.TotalSeconds
        + Process.GetCurrentProcess().PrivilegedProcessorTime.TotalSeconds;

    private static IEnumerable<string> Streams() =>
        Environment.GetEnvironmentVariable("FABRIC_STREAMS") is { Length: > 0 } folder
            ? Directory.EnumerateFiles(folder, "*.fwd.zst").Order(StringComparer.Ordinal)
            : throw new InvalidOperationException("FABRIC_STREAMS names no folder with NAME.fwd.zst in it");

    private static byte[] Unpack(string file)
    {
        using var codec = new ZstdCodec();
        var into = new byte[UnpackedMax];
        return into[..codec.Unpack(File.ReadAllBytes(file), into)];
    }
}
