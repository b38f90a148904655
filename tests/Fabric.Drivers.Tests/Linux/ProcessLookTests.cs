using Fabric.Drivers.Linux;
using Fabric.Drivers.Qemu;

namespace Fabric.Drivers.Tests.Linux;

/// <summary>
/// A look at a process that fails says that nobody looked. Taken for a death it makes a second copy of a guest.
/// </summary>
public sealed class ProcessLookTests
{
    private const int NoSuchProcess = 3;
    private const int InputOutputError = 5;
    private const int TooManyOpenFiles = 24;
    private const string Option = "-pidfile";

    /// <summary>Looks that fail without saying anything of the process.</summary>
    public static TheoryData<Exception> Doubts => new(
        new IOException("too many open files", TooManyOpenFiles),
        new IOException("input/output error", InputOutputError),
        new UnauthorizedAccessException("not yours"));

    /// <summary>Looks that say that there is no such process.</summary>
    public static TheoryData<Exception> Deaths => new(
        new IOException("no such process", NoSuchProcess),
        new FileNotFoundException(),
        new DirectoryNotFoundException());

    [Theory]
    [MemberData(nameof(Doubts))]
    public void A_look_that_fails_is_not_a_death(Exception failure) =>
        Should.Throw<HypervisorException>(() => ProcessIdentity.OfLiving(4711, _ => throw failure))
            .Fault.ShouldBe(HypervisorFault.NoAnswer);

    [Theory]
    [MemberData(nameof(Deaths))]
    public void A_process_that_is_not_there_is_dead(Exception failure)
    {
        ProcessIdentity.OfLiving(4711, _ => throw failure).ShouldBeNull();
        ProcessArguments.Has(4711, Option, "x", _ => throw failure).ShouldBeFalse();
    }

    [Theory]
    [InlineData("4711 (a) b (c) Z 1", null)]
    [InlineData("4711 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 977 20", 977L)]
    public void A_zombie_is_dead_and_a_name_with_parentheses_is_no_field(string stat, long? ticks) =>
        (ProcessIdentity.OfLiving(4711, _ => stat)?.StartTicks).ShouldBe(ticks);

    [Theory]
    [InlineData(TooManyOpenFiles)]
    [InlineData(InputOutputError)]
    public void Arguments_that_cannot_be_read_are_not_a_stranger_s(int error) =>
        Should.Throw<HypervisorException>(() => ProcessArguments.Has(
            4711, Option, "x", _ => throw new IOException("as the test says", error)))
            .Fault.ShouldBe(HypervisorFault.NoAnswer);

    [Fact]
    public void Arguments_of_another_user_s_process_are_none_of_ours() =>
        ProcessArguments.Has(4711, Option, "x", _ => throw new UnauthorizedAccessException()).ShouldBeFalse();

    [Fact]
    public void A_note_or_a_pid_file_that_cannot_be_read_is_not_a_death()
    {
        var path = Directory.CreateTempSubdirectory("fabric-look-").FullName;
        try
        {
            // Not even root can read a directory as a file.
            var directory = new QemuDirectory(path);
            Directory.CreateDirectory(directory.PidFile);
            Should.Throw<HypervisorException>(() => QemuProcessFile.Find(directory))
                .Fault.ShouldBe(HypervisorFault.NoAnswer);
            Directory.Delete(directory.PidFile);
            Directory.CreateDirectory(directory.ProcessFile);
            Should.Throw<HypervisorException>(() => QemuProcessFile.Find(directory))
                .Fault.ShouldBe(HypervisorFault.NoAnswer);
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
