using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Fabric.Actors.Coordination;
using Fabric.Host.Faults.Guest;
using Fabric.Host.Nodes;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Migration;

/// <summary>
/// A real guest that writes its disk faster than the line carries, round and round: without something done about it no
/// round of its copy would be smaller than the one before.
/// </summary>
[Trait("Category", "Lab")]
public sealed class FastWriterTests
{
    private const int WriterMiB = 8;
    private const long Blocks = WriterMiB * 256;

    // 6 MiB a second at 2 MB.
    private static readonly TransferPolicy Slowed = new(2_000_000, 1_000)
    {
        Convergence = ConvergencePolicy.Balanced,
        DowntimeLimitMsMost = 30_000,
        DiskWritesMin = 128 << 10,
    };

    private static readonly TransferPolicy Synchronous = Slowed with { DiskCopy = DiskCopyMode.Synchronous };

    [Fact]
    public Task Guest_that_writes_faster_than_the_line_carries_is_slowed_and_moves() => RunAsync(async fabric =>
    {
        var spec = await StartAsync(fabric);
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Slowed });
        await IsSlowedAsync(fabric);
        var events = await fabric.EndAsync(id);
        events.OfType<MigrationEnded>().Single().Outcome
            .ShouldBe(MigrationOutcome.Completed, string.Join('\n', events));
        (await MachineQuestions.WriteLimitAsync(fabric, "b")).ShouldBe(0);
        await HasAllThatWasAcknowledgedAsync(fabric, "b", spec);
    });

    [Fact]
    public Task Guest_whose_move_is_cancelled_while_its_writes_are_slowed_writes_on_as_it_likes() => RunAsync(async fabric =>
    {
        var spec = await StartAsync(fabric);
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Slowed });
        await IsSlowedAsync(fabric);
        await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single().Reason.ShouldBe(FailureReason.Cancelled);
        (await MachineQuestions.WriteLimitAsync(fabric, "a")).ShouldBe(0);
        await HasAllThatWasAcknowledgedAsync(fabric, "a", spec);
    });

    [Fact]
    public Task Guest_whose_writes_may_not_be_slowed_any_more_is_let_go() => RunAsync(async fabric =>
    {
        var spec = await StartAsync(fabric);
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Slowed });
        await IsSlowedAsync(fabric);
        await fabric.AskAsync<OperatorAnswer>(
            EntityKinds.Migration, id.Value, new TransferAsked(new TransferChange(DiskWritesMin: 0)));
        await Until.TrueAsync(async () => await MachineQuestions.WriteLimitAsync(fabric, "a") == 0);
        (await fabric.JournalAsync(id)).OfType<MigrationEnded>().ShouldBeEmpty();
        await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        await fabric.EndAsync(id);
    });

    [Fact]
    public Task Guest_whose_writes_wait_for_the_target_moves_and_is_not_slowed_otherwise() => RunAsync(async fabric =>
    {
        var spec = await StartAsync(fabric);
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Synchronous });
        await IsMirroredAsync(fabric);
        (await MachineQuestions.WriteLimitAsync(fabric, "a")).ShouldBe(0);
        await CompletesAsync(fabric, id, spec);
    });

    [Fact]
    public Task Move_that_is_cancelled_while_writes_wait_for_the_target_leaves_nothing_of_it() => RunAsync(async fabric =>
    {
        var spec = await StartAsync(fabric);
        var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Synchronous });
        await IsMirroredAsync(fabric);
        await fabric.AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, new CancelRequested());
        (await fabric.EndAsync(id)).OfType<MigrationEnded>().Single().Reason.ShouldBe(FailureReason.Cancelled);
        (await MachineQuestions.MirrorsAsync(fabric, "a")).ShouldBeEmpty();
        await HasAllThatWasAcknowledgedAsync(fabric, "a", spec);
    });

    [Fact]
    public Task Line_that_stalls_while_writes_wait_lets_the_guest_go_and_the_move_ends_well()
    {
        var port = FreePort();
        var path = new StallingProxy(port);
        var far = string.Create(
            CultureInfo.InvariantCulture,
            $"data {{ listen = \"127.0.0.1:{port}\", advertise = \"127.0.0.1:{path.Port}\" }}");
        return LabFabric.RunBareAsync(
            LabEnvironment.Qemu(LabEnvironment.Installed), ["a"],
            async fabric =>
            {
                using var proxy = path;
                await fabric.StartHostAsync("a");
                await fabric.StartHostAsync("b");
                var spec = await StartAsync(fabric);
                var id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Synchronous });
                await IsMirroredAsync(fabric);
                path.Stall();
                var before = Acknowledged(fabric, "a");
                // More than all that could be on its way: it writes without the target.
                await Until.TrueAsync(() => Task.FromResult(Acknowledged(fabric, "a") > before + (Blocks * 2)));
                (await MachineQuestions.MirrorsAsync(fabric, "a")).ShouldBeEmpty();
                path.GoOn();
                await CompletesAsync(fabric, id, spec);
                (await fabric.JournalAsync(id)).OfType<AttemptStarted>().Count().ShouldBe(1);
            },
            new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = far });
    }

    [Fact]
    public Task Agent_that_is_killed_while_writes_wait_lets_the_guest_go_and_the_next_one_finds_what_it_left() =>
        LabFabric.RunBareAsync(
            LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"],
            async fabric =>
            {
                await fabric.StartHostAsync("b");
                MigrationId id;
                VmSpec spec;
                using (var agent = await fabric.LaunchHostAsync("a", Launch))
                {
                    try
                    {
                        spec = await StartAsync(fabric);
                        id = await fabric.MigrateAsync(spec.Id, "b", new MigrationPolicy { Transfer = Synchronous });
                        await IsMirroredAsync(fabric);
                    }
                    finally
                    {
                        agent.Kill();
                        await agent.WaitForExitAsync();
                    }
                }

                var before = Acknowledged(fabric, "a");
                await Until.TrueAsync(() => Task.FromResult(Acknowledged(fabric, "a") > before + (Blocks * 2)));
                await fabric.StartHostAsync("a");
                await CompletesAsync(fabric, id, spec);
            });

    private static Process Launch(string config)
    {
        var command = OwnProgram.Command("node", "--config", config);
        return Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false })!;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task CompletesAsync(LabFabric fabric, MigrationId id, VmSpec spec)
    {
        IReadOnlyList<MigrationEvent> events = [];
        await Until.TrueAsync(
            async () => (events = await fabric.JournalAsync(id)).Any(e => e is CleanedUp or HeldForOperator), seconds: 180);
        events.OfType<MigrationEnded>().Single().Outcome
            .ShouldBe(MigrationOutcome.Completed, string.Join('\n', events));
        (await MachineQuestions.WriteLimitAsync(fabric, "b")).ShouldBe(0);
        (await MachineQuestions.MirrorsAsync(fabric, "b")).ShouldBeEmpty();
        await HasAllThatWasAcknowledgedAsync(fabric, "b", spec);
    }

    private static Task IsMirroredAsync(LabFabric fabric) => Until.TrueAsync(
        async () => (await MachineQuestions.MirrorsAsync(fabric, "a")).Contains("mirror_top", StringComparer.Ordinal),
        seconds: 120);

    private static Task IsSlowedAsync(LabFabric fabric) =>
        Until.TrueAsync(async () => await MachineQuestions.WriteLimitAsync(fabric, "a") > 0, seconds: 120);

    private static async Task<VmSpec> StartAsync(LabFabric fabric)
    {
        var spec = LabGuest.Spec(
            LabGuest.Vm.Value, workload: $"d.ws=4 d.rate=50 d.hb=200 w.disk=/dev/vda w.rate=6144 w.ack=100 w.mib={WriterMiB}");
        spec = spec with
        {
            Disks = [new DiskSpec { Id = DiskId.Of("root"), File = "v1.img", Format = DiskFormat.Raw }],
        };
        await using (var image = File.Create(Path.Combine(fabric.DisksOf("a"), "v1.img")))
            image.SetLength(32 << 20);
        await fabric.BootAsync(spec, "a");
        // Once round, so that all of it is there to be copied.
        await Until.TrueAsync(() => Task.FromResult(Acknowledged(fabric, "a") > Blocks));
        return spec;
    }

    private static long Acknowledged(LabFabric fabric, string host)
    {
        var newest = 0L;
        foreach (var console in fabric.Consoles(host, LabGuest.Vm))
        {
            var tail = new ConsoleTail(console);
            tail.Read(DateTimeOffset.UnixEpoch);
            if (tail.LastAcknowledged is { } told)
            {
                (told.Bad, told.Errors).ShouldBe((0, 0));
                newest = Math.Max(newest, told.Number);
            }
        }

        return newest;
    }

    /// <summary>It writes on; then it is killed, and its disk is looked at.</summary>
    private static async Task HasAllThatWasAcknowledgedAsync(LabFabric fabric, string host, VmSpec spec)
    {
        var before = Math.Max(Acknowledged(fabric, "a"), Acknowledged(fabric, "b"));
        await Until.TrueAsync(() => Task.FromResult(Acknowledged(fabric, host) > before + (Blocks / 4)));
        await fabric.KillMachineAsync(host, Path.GetFileName(fabric.LivingMachines(host).Single()));
        await using var image = File.OpenRead(Path.Combine(fabric.DisksOf(host), spec.Disks[0].File));
        WrittenBlocks.Read(image, Blocks, Acknowledged(fabric, host)).IsWhole.ShouldBeTrue();
    }

    private static Task RunAsync(Func<LabFabric, Task> body) =>
        LabFabric.RunAsync(LabEnvironment.Qemu(LabEnvironment.Installed), ["a", "b"], body);
}
