using Fabric.Transport.Pages.Work;

namespace Fabric.Benchmarks.Pages;

/// <summary>Keeps what it is given, or only counts it.</summary>
internal sealed class Recorder : IByteSink
{
    private readonly MemoryStream _bytes = new();

    public bool IsDeaf { get; init; }

    public long Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        if (!IsDeaf)
            _bytes.Write(bytes);
    }

    public byte[] ToArray() => _bytes.ToArray();
}
