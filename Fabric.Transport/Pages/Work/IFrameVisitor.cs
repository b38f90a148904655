namespace Fabric.Transport.Pages.Work;

/// <summary>Takes the frames of a work stream, in order and checked. A span is valid during the call only.</summary>
internal interface IFrameVisitor
{
    /// <summary>The source does page work.</summary>
    void OnPreface(byte codecs, byte[] key);

    void OnBatch(ReadOnlySpan<byte> items, ReadOnlySpan<byte> data, ReadOnlySpan<byte> raw);

    /// <summary>QEMU's own bytes: the source does none, or none any more.</summary>
    void OnUnframed(ReadOnlySpan<byte> bytes);
}
