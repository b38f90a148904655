using System.Diagnostics;
using Fabric.Host.Faults.Guest;
using Fabric.Lab.Tests.Migration;

namespace Fabric.Lab.Tests.Sites;

/// <summary>
/// The guest's disk writer, and what is read of its image afterwards: each shows that the other is right.
/// </summary>
[Trait("Category", "Lab")]
public sealed class GuestWriterTests : IDisposable
{
    private const int WriterMiB = 4;
    private const long Blocks = WriterMiB * 256;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fab-disk-");

    [Fact]
    public async Task Hypervisor_killed_in_the_middle_has_all_that_the_guest_was_told_is_on_disk()
    {
        var image = Path.Combine(_directory.FullName, "disk.raw");
        await using (var file = File.Create(image))
            file.SetLength(16 << 20);
        var console = Path.Combine(_directory.FullName, "console.log");
        var tail = new ConsoleTail(console);
        using (var qemu = Start(image, console))
        {
            // Round the whole region, and into it again.
            await Until.TrueAsync(() =>
            {
                tail.Read(DateTimeOffset.UnixEpoch);
                return Task.FromResult(tail.LastAcknowledged is { Number: > Blocks * 3 / 2 });
            });
            qemu.Kill();
            await qemu.WaitForExitAsync();
        }

        tail.Read(DateTimeOffset.UnixEpoch);
        var told = tail.LastAcknowledged!;
        (told.Bad, told.Errors).ShouldBe((0, 0));
        Read(image, told.Number).IsWhole.ShouldBeTrue();

        // And what is not there is seen: a block that the guest had been told of, gone.
        await using (var file = File.OpenWrite(image))
        {
            file.Position = (told.Number - 1) % Blocks * WrittenBlocks.BlockBytes;
            file.Write(new byte[WrittenBlocks.BlockBytes]);
        }

        Read(image, told.Number).Lost.ShouldBe(1);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static WrittenBlocks Read(string image, long acknowledged)
    {
        using var file = File.OpenRead(image);
        return WrittenBlocks.Read(file, Blocks, acknowledged);
    }

    private static Process Start(string image, string console)
    {
        var append = string.Join(' ',
            "console=ttyS0 quiet panic=-1 nokaslr no_timer_check tsc=reliable random.trust_cpu=on cryptomgr.notests",
            "mitigations=off initcall_blacklist=init_kprobe_trace,trace_eval_init,crypto_algapi_init d.ws=1 d.rate=0",
            $"w.disk=/dev/vda w.rate=1024 w.ack=50 w.mib={WriterMiB}");
        return Process.Start(new ProcessStartInfo(
            LabEnvironment.Qemu(LabEnvironment.Installed).Binary,
            [
                "-machine", "pc-q35-7.2", "-accel", "tcg", "-m", "131136K", "-display", "none", "-nodefaults",
                "-no-user-config", "-serial", $"file:{console}", "-kernel", LabEnvironment.Kernel, "-initrd",
                LabEnvironment.Initrd, "-append", append, "-drive", $"file={image},format=raw,if=none,id=d",
                "-device", "virtio-blk-pci,drive=d,romfile=",
            ]))!;
    }
}
