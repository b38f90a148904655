namespace Fabric.Transport.Pages.Work;

/// <summary>Takes the bytes that page work makes. The span is valid during the call only. Blocks while its path is full.</summary>
internal interface IByteSink
{
    void Write(ReadOnlySpan<byte> bytes);
}
