namespace Fabric.Transport.Pages.Work;

/// <summary>Takes the frames of a work stream, in order and checked. A span is valid during the call only.</summary>
internal interface IFrameVisitor
{
    /// <summary>The source does page work; with boot files of that digest, where it is not missing.</summary>
    void OnPreface(byte version, byte codecs, byte[] key, PageHash content);

    void OnBatch(ReadOnlySpan<byte> items, ReadOnlySpan<byte> data, ReadOnlySpan<byte> raw);

    /// <summary>QEMU's own bytes: the source does none, or none any more.</summary>
    void OnUnframed(ReadOnlySpan<byte> bytes);
}
