using System.Diagnostics;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Qemu;

/// <summary>A specification names files of a host, and its author may not read what the agent can.</summary>
public sealed class QemuImageTests : IDisposable
{
    private static readonly HypervisorFacts Facts = new(
        new Version(10, 0), "tcg", new HashSet<string>(StringComparer.Ordinal) { "pc-q35-7.2" });

    private readonly string _directory = Directory.CreateTempSubdirectory("fabric-image-").FullName;

    private string Image => Path.Combine(_directory, "image");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void An_image_that_everybody_may_read_is_taken()
    {
        Write(UnixFileMode.OtherRead | UnixFileMode.UserRead);
        Faults(Image).ShouldBeEmpty();
        File.CreateSymbolicLink(Image + ".link", Image);
        Faults(Image + ".link").ShouldBeEmpty();
    }

    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.GroupRead)]
    public void A_private_file_is_refused_also_through_a_link(UnixFileMode mode)
    {
        Write(mode);
        File.CreateSymbolicLink(Image + ".link", Image);
        foreach (var path in new[] { Image, Image + ".link" })
            Faults(path).ShouldHaveSingleItem().ShouldContain("mode o+r");
    }

    [Fact]
    public async Task A_pipe_and_a_directory_are_refused_without_being_opened()
    {
        using (var making = Process.Start("mkfifo", ["-m", "666", Image]))
            await making.WaitForExitAsync();

        // Whoever opens a pipe that has no writer waits for ever.
        (await Task.Run(() => Faults(Image)).WaitAsync(TimeSpan.FromSeconds(30)))
            .ShouldHaveSingleItem().ShouldContain("a pipe");
        Faults(_directory).ShouldHaveSingleItem().ShouldContain("a directory");
    }

    [Fact]
    public void An_image_that_is_not_there_is_named() =>
        Faults(Image).ShouldHaveSingleItem().ShouldContain(Image);

    private static List<string> Faults(string path)
    {
        var spec = new VmSpec { Id = VmId.Of("v1"), MemoryKiB = 131_136, Kernel = path };
        return [.. QemuFitness.Check(spec, Facts, new QemuOptions(), new HashSet<string>(StringComparer.Ordinal))
            .Where(u => u.Reason == FailureReason.ImageMissing).Select(u => u.Detail)];
    }

    private void Write(UnixFileMode mode)
    {
        File.WriteAllText(Image, "kernel");
        File.SetUnixFileMode(Image, mode);
    }
}
