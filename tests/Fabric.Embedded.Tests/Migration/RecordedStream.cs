using System.Net.Sockets;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Tests.Migration;

/// <summary>
/// The stream of a guest that stood while it was sent, so each page is in it once; with the places of its constructs.
/// </summary>
public sealed class RecordedStream : IAsyncLifetime
{
    public byte[] Bytes { get; private set; } = [];

    /// <summary>Where the eight bytes of a page's head are, of a few pages.</summary>
    public IReadOnlyList<int> PageHeads { get; private set; } = [];

    /// <summary>Where the device's section begins.</summary>
    public int Device { get; private set; }

    public async Task InitializeAsync()
    {
        await using var lab = new GuestLab();
        var source = await lab.RunningAsync();
        await Task.WhenAll(source.BadPagesAsync());
        await source.DoAsync("stop");
        await source.EnableAsync("events");
        var path = lab.NewPath("record");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        await source.DoAsync("migrate", ("uri", $"unix:{path}"));
        using var near = await listener.AcceptAsync();
        using var record = new MemoryStream();
        await new NetworkStream(near).CopyToAsync(record);
        Bytes = record.ToArray();
        await source.UntilPhaseAsync("completed");
        var places = new Places();
        var reader = new QemuStreamReader("fabric-guest");
        places.Reader = reader;
        reader.Read(Bytes, places);
        (PageHeads, Device) = ([.. places.Pages.Where((_, i) => i % 500 == 3)], places.Device);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    // A construct is reported before the reader's position moves past it, so the position is where it begins.
    private sealed class Places : IStreamVisitor
    {
        public QemuStreamReader Reader { get; set; } = new();

        public List<int> Pages { get; } = [];

        public int Device { get; private set; }

        public void OnRamSetup(IReadOnlyList<RamBlock> blocks)
        {
        }

        public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data) => Pages.Add((int)Reader.Position);

        public void OnZeroPage(RamBlock block, long offset, byte fill)
        {
        }

        public void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) =>
            Device = (int)Reader.Position;

        public void OnOpaque(ReadOnlySpan<byte> bytes)
        {
        }
    }
}
