using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;

namespace Fabric.Transport.Relay;

/// <summary>Page work at the target: what comes is decoded, and the source answered, before QEMU says a word.</summary>
internal sealed class TargetWork(
    PageWorkOptions options, TransferStore? store, IReadOnlyList<string>? bootFiles) : IRelayWork, IRefill
{
    private PageDecoder? _decoder;
    private LinkSink? _link;

    public bool WorksOutward => false;

    public RefillRefusal WhyNot => Volatile.Read(ref _decoder)?.WhyNotRefill ?? RefillRefusal.None;

    public RefillRefusal Refill(IByteSink fresh)
    {
        try
        {
            return _decoder?.Refill(fresh) ?? RefillRefusal.None;
        }
        catch (PageWorkException)
        {
            store?.Failed();
            throw;
        }
    }

    public void Begin(LinkSink link) => _link = link;

    public void Out(ReadOnlySpan<byte> bytes, bool rests) =>
        throw new InvalidOperationException("the return path passes as it is");

    public void OutEnds()
    {
    }

    public void In(ReadOnlySpan<byte> bytes, IByteSink qemu)
    {
        _decoder ??= new PageDecoder(options, qemu, new Answers(_link!), store, bootFiles);
        try
        {
            _decoder.Write(bytes);
        }
        catch (PageWorkException e) when (e.Fault == PageWorkFault.Store)
        {
            store?.Failed();
            throw;
        }
    }

    public void InEnds(IByteSink qemu) => _decoder?.Complete();

    public void Release()
    {
    }

    public void Dispose() => _decoder?.Dispose();

    /// <summary>Out at once: QEMU's own bytes may only follow, and they take another way.</summary>
    private sealed class Answers(LinkSink link) : IByteSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            link.Write(bytes);
            link.Push();
            link.Dispose();
        }
    }
}
