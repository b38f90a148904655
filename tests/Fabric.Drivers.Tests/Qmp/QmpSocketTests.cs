using Fabric.Drivers.Linux;
using Fabric.Drivers.Qmp;

namespace Fabric.Drivers.Tests.Qmp;

public sealed class QmpSocketTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fabric-sock-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task RefusedAsync(string path, string why)
    {
        var error = await Should.ThrowAsync<HypervisorException>(
            () => QmpClient.ConnectAsync(path, new QmpOptions(), TimeProvider.System, CancellationToken.None));
        error.Fault.ShouldBe(HypervisorFault.BadMonitor);
        error.Message.ShouldContain(why);
    }

    [Fact]
    public async Task Symbolic_link_to_a_socket_is_refused()
    {
        await using var monitor = new MockMonitor();
        var link = Path.Combine(_directory, "link.sock");
        File.CreateSymbolicLink(link, monitor.Path);
        await RefusedAsync(link, "a symbolic link");
    }

    [Fact]
    public async Task Regular_file_directory_and_nothing_are_refused()
    {
        var file = Path.Combine(_directory, "file.sock");
        await File.WriteAllTextAsync(file, "");
        await RefusedAsync(file, "a regular file");
        await RefusedAsync(_directory, "a directory");
        await RefusedAsync(Path.Combine(_directory, "none.sock"), "there is no socket");
    }

    [Fact]
    public async Task Socket_that_everybody_may_write_is_refused()
    {
        await using var monitor = new MockMonitor();
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(
                monitor.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        await RefusedAsync(monitor.Path, "by everybody");
    }

    [Fact]
    public void File_of_another_user_is_known_as_such()
    {
        // Whose socket it is can be tried only by root; that the owner is read right can be tried on what root owns.
        FileFacts.Of("/proc/1/stat").ShouldNotBeNull().Owner.ShouldBe(0u);
        FileFacts.Of("/").ShouldNotBeNull().IsDirectory.ShouldBeTrue();
        FileFacts.Of(Path.Combine(_directory, "none")).ShouldBeNull();
    }

    [Theory]
    [InlineData("relative.sock", "absolute")]
    [InlineData("/tmp/with\nnewline", "printable")]
    [InlineData("/tmp/with,comma", "comma")]
    public void Name_that_a_socket_cannot_have_is_refused(string path, string why) =>
        UnixSocketPath.NameFault(path).ShouldNotBeNull().ShouldContain(why);

    [Fact]
    public void Path_longer_than_a_socket_address_is_refused_by_name()
    {
        UnixSocketPath.NameFault("/" + new string('x', 106)).ShouldBeNull();
        UnixSocketPath.NameFault("/" + new string('x', 107)).ShouldNotBeNull().ShouldContain("108 bytes");
        UnixSocketPath.NameFault("/" + new string('ü', 54)).ShouldNotBeNull().ShouldContain("109 bytes");
    }
}
