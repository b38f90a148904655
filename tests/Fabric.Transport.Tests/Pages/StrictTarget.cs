using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages;

/// <summary>Takes a stream as a hypervisor does, and checks what every visitor may rely on.</summary>
internal sealed class StrictTarget : IStreamVisitor
{
    public long Pages { get; private set; }

    public int Devices { get; private set; }

    public long Opaque { get; private set; }

    /// <summary>With the reader: what is passed on is compared with the bytes that came in.</summary>
    public byte[]? Input { get; init; }

    public QemuStreamReader? Reader { get; init; }

    public Action? BeforePage { get; init; }

    public void OnRamSetup(IReadOnlyList<RamBlock> blocks)
    {
        foreach (var block in blocks)
            if (block.Length <= 0 || block.Length % 4096 != 0)
                throw new InvalidOperationException($"{block.Name} has {block.Length} bytes");
    }

    public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data)
    {
        BeforePage?.Invoke();
        if (data.Length != 4096)
            throw new InvalidOperationException($"a page has {data.Length} bytes");
        Check(block, offset);
    }

    public void OnZeroPage(RamBlock block, long offset, byte fill)
    {
        BeforePage?.Invoke();
        Check(block, offset);
    }

    public void OnDeviceState(uint section, string name, uint instance, uint version, ReadOnlySpan<byte> body) =>
        Devices++;

    public void OnOpaque(ReadOnlySpan<byte> bytes)
    {
        Opaque += bytes.Length;
        if (Input is null || Reader is null)
            return;

        // All of it is the end of the input, without a hole.
        var at = (int)Reader.OpaqueFrom + (int)Opaque - bytes.Length;
        if (!Input.AsSpan(at, bytes.Length).SequenceEqual(bytes))
            throw new InvalidOperationException($"what is passed on differs from the input at byte {at}");
    }

    private void Check(RamBlock block, long offset)
    {
        if (offset < 0 || offset + 4096 > block.Length || offset % 4096 != 0)
            throw new InvalidOperationException($"{offset} lies outside {block.Name}");
        Pages++;
    }
}
