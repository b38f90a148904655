using Fabric.Drivers.Disks;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Disks;

public sealed class DiskMirrorTests : IAsyncLifetime
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private static readonly DiskId Disk = DiskId.Of("d0");

    private readonly string _directory = Directory.CreateTempSubdirectory("fabric-mirror-").FullName;
    private readonly List<string> _notes = [];
    private FakeTarget _target = null!;
    private NbdClient _way = null!;

    private string Socket => Path.Combine(_directory, "s");

    public async Task InitializeAsync()
    {
        _target = new FakeTarget(Path.Combine(_directory, "t"), 1 << 20);
        _way = await NbdClient.OpenAsync(
            await DiskCopy.Over(Path.Combine(_directory, "t"))(default), "d0", [], TimeProvider.System, default);
    }

    public async Task DisposeAsync()
    {
        await _way.DisposeAsync();
        await _target.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Guest_that_is_paused_has_all_at_the_target_when_it_ends_in_order()
    {
        await using var machine = new FakeMachine();
        await using var mirror = (await StartAsync(machine)).ShouldNotBeNull();
        _target.Let(2);
        await machine.Job.WriteAsync(512, new byte[] { 7 }, default).WaitAsync(HangGuard);
        (await mirror.FinishAsync(default).WaitAsync(HangGuard)).ShouldBeTrue();
        _target.Disk[512].ShouldBe((byte)7);
        await mirror.DisposeAsync();
        machine.Ends.ShouldBe([true]);
        _notes.ShouldBeEmpty();
        File.Exists(Socket).ShouldBeFalse();
    }

    [Fact]
    public async Task Write_that_the_target_refuses_breaks_it_and_it_is_not_whole_any_more()
    {
        await using var machine = new FakeMachine();
        await using var mirror = (await StartAsync(machine)).ShouldNotBeNull();
        mirror.IsWhole.ShouldBeTrue();
        _target.Error = 5;
        _target.Let(1);
        await Should.ThrowAsync<NbdException>(() => machine.Job.WriteAsync(0, new byte[512], default).WaitAsync(HangGuard));
        await mirror.Broken.WaitAsync(HangGuard);
        (await mirror.FinishAsync(default)).ShouldBeFalse();
        machine.Ends.ShouldBe([false]);
        machine.WasConnectedAtTheEnd.ShouldBeFalse();
        _notes.ShouldHaveSingleItem().ShouldContain("do not wait");
    }

    [Fact]
    public async Task Flush_that_fails_at_the_end_is_no_end_in_order()
    {
        await using var machine = new FakeMachine();
        await using var mirror = (await StartAsync(machine)).ShouldNotBeNull();
        _target.Error = 5;
        _target.Let(1);
        (await mirror.FinishAsync(default).WaitAsync(HangGuard)).ShouldBeFalse();
    }

    [Fact]
    public async Task Copy_that_is_stopped_closes_the_connection_before_it_ends_the_job()
    {
        await using var machine = new FakeMachine();
        var mirror = (await StartAsync(machine)).ShouldNotBeNull();
        var write = machine.Job.WriteAsync(0, new byte[512], default);
        await mirror.DisposeAsync().AsTask().WaitAsync(HangGuard);
        await Should.ThrowAsync<NbdException>(() => write.WaitAsync(HangGuard));
        machine.Ends.ShouldBe([false]);
        machine.WasConnectedAtTheEnd.ShouldBeFalse();
    }

    [Fact]
    public async Task Machine_that_does_not_pass_writes_on_is_left_as_it_was()
    {
        await using var machine = new FakeMachine { Refuses = true };
        (await StartAsync(machine)).ShouldBeNull();
        machine.Ends.ShouldBe([false]);
        _notes.ShouldHaveSingleItem().ShouldContain("no such job");
        File.Exists(Socket).ShouldBeFalse();
    }

    private Task<DiskMirror?> StartAsync(FakeMachine machine) => DiskMirror.StartAsync(
        machine, Disk, Socket, _way, new RangeGate(), new CopyCounters(), TimeProvider.System, _notes.Add, default);
}
