using System.Net.Sockets;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Migration;

/// <summary>A target never completes with anything but the whole of its own guest; it says what was wrong, and ends.</summary>
public sealed class BadStreamTests(RecordedStream recorded) : IClassFixture<RecordedStream>
{
    private const int HeadBits = 64;

    [Fact]
    public async Task Recorded_stream_is_good_when_it_is_left_alone()
    {
        await using var lab = new GuestLab();
        var (target, socket) = await TargetAsync(lab);
        using var sender = await SendAsync(socket, recorded.Bytes);
        await target.UntilPhaseAsync("completed");
        (await target.BadPagesAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Stream_that_ends_at_any_of_a_hundred_places_is_refused()
    {
        for (var i = 0; i < 100; i++)
        {
            var cut = (int)((long)i * recorded.Bytes.Length / 100);
            await RefusedAsync(recorded.Bytes[..cut], "before the guest was whole");
        }
    }

    [Fact]
    public async Task Flipped_bit_in_the_head_of_a_page_is_refused()
    {
        foreach (var head in recorded.PageHeads.Take(2))
        {
            for (var bit = 0; bit < HeadBits; bit++)
                await RefusedAsync(Flipped(head * 8 + bit), "");
        }
    }

    [Fact]
    public async Task Flipped_bit_in_the_device_is_refused()
    {
        for (var bit = 0; bit < (recorded.Bytes.Length - recorded.Device) * 8; bit += 5)
            await RefusedAsync(Flipped(recorded.Device * 8 + bit), "");
    }

    [Fact]
    public async Task Flipped_bit_in_header_configuration_or_list_of_memory_is_refused()
    {
        // Magic, version, machine type, first section and list: some 70 bytes.
        for (var bit = 0; bit < 70 * 8; bit += 3)
            await RefusedAsync(Flipped(bit), "");
    }

    [Fact]
    public async Task Page_outside_of_memory_is_refused_by_name()
    {
        var bytes = recorded.Bytes.ToArray();
        bytes[recorded.PageHeads[1] + 2] = 0x7F;
        await RefusedAsync(bytes, "PageOutside");
    }

    [Fact]
    public async Task Stream_of_a_qemu_is_refused_by_its_machine_type()
    {
        var bytes = new List<byte>(Encoding.ASCII.GetBytes("QEVM")) { 0, 0, 0, 3, 7, 0, 0, 0, 10 };
        bytes.AddRange(Encoding.ASCII.GetBytes("pc-q35-7.2"));
        await RefusedAsync([.. bytes], "'pc-q35-7.2', not 'fabric-1'");
    }

    [Theory]
    [InlineData(0, "Magic")]
    [InlineData(1, "Magic")]
    public async Task Noise_is_refused_and_takes_no_memory(int seed, string why)
    {
        var noise = new byte[1 << 20];
        new Random(seed).NextBytes(noise);
        await RefusedAsync(noise, why);
    }

    [Theory]
    [InlineData("vm2", GuestProgramSpec.GameServer, 16, "another VM or seed")]
    [InlineData("vm1", GuestProgramSpec.Oltp, 16, "runs 'game-server,seed=1'")]
    [InlineData("vm1", GuestProgramSpec.GameServer, 32, "Size mismatch")]
    public async Task Stream_of_another_guest_is_refused_and_the_source_keeps_its_own(string vm, string program, int mebibytes, string why)
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync();
        var (target, socket) = await lab.ListenAsync(
            await lab.StartAsync(incoming: true, program, vm: vm, mebibytes: mebibytes), "events", "return-path");
        await source.EnableAsync("events", "return-path");
        await source.DoAsync("migrate", ("uri", $"unix:{socket}"));
        (await target.EndedAsync()).ShouldBe(1);
        target.Log.ShouldContain(why);
        await source.UntilPhaseAsync("failed");
        (await source.RunStateAsync()).ShouldBe("running");
        (await source.BadPagesAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    [InlineData(8_000_000)]
    public async Task Source_of_a_stream_that_is_cut_on_the_way_keeps_its_guest(long bytes)
    {
        // A guest that has booted holds 12 MiB that are not zero, so its stream is longer than each of these.
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync();
        var (target, socket) = await TargetAsync(lab);
        var near = lab.NewPath("near");
        await using var way = new TestWay(near, socket, bytes);
        await source.EnableAsync("events", "return-path");
        await source.DoAsync("migrate", ("uri", $"unix:{near}"));
        (await target.EndedAsync()).ShouldBe(1);
        await source.UntilPhaseAsync("failed");
        (await source.RunStateAsync()).ShouldBe("running");
        (await source.BadPagesAsync()).ShouldBe(0);
    }

    private byte[] Flipped(int bit)
    {
        var bytes = recorded.Bytes.ToArray();
        bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        return bytes;
    }

    private static async Task<(TestGuest Target, string Socket)> TargetAsync(GuestLab lab) =>
        await lab.ListenAsync(await lab.StartAsync(incoming: true), "events", "return-path");

    private static async Task RefusedAsync(byte[] stream, string why)
    {
        await using var lab = new GuestLab();
        var (target, socket) = await TargetAsync(lab);
        using var sender = await SendAsync(socket, stream);
        (await target.EndedAsync()).ShouldBe(1);
        target.Log.ShouldContain("load of migration failed");
        target.Log.ShouldContain(why);
        (await target.RunStateAsync()).ShouldBe("inmigrate");
    }

    private static async Task<Socket> SendAsync(string path, byte[] stream)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        try
        {
            for (var sent = 0; sent < stream.Length;)
                sent += await socket.SendAsync(stream.AsMemory(sent));
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Refused before it had everything.
        }

        return socket;
    }
}
