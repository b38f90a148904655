using Fabric.Protocol;

namespace Fabric.Transport.Pages.Work;

/// <summary>
/// Cuts a work stream into frames, however it arrives, unpacks and checks them. What does not begin with the preface is
/// passed on as it is.
/// </summary>
internal sealed class FrameReader(IFrameVisitor visitor) : IDisposable
{
    private readonly byte[] _front = new byte[WorkPreface.Size];
    private readonly Codecs _codecs = new();
    private byte[] _body = [];
    private byte[] _plain = [];
    private Place _place;
    private int _length;
    private WorkHead _head;
    private uint _sequence;

    private enum Place
    {
        Preface,
        Head,
        Body,
        Unframed,
        Ended,
    }

    /// <summary>The session's; the source's own until the target has answered with another.</summary>
    public PageHasher? Hasher { get; set; }

    /// <summary>The source has the same boot files.</summary>
    public void Use(PageBase content) => _codecs.Use(content);

    /// <summary>Bytes pass as they are.</summary>
    public bool IsUnframed => _place == Place.Unframed;

    /// <exception cref="PageWorkException">The stream is damaged; the fault says how.</exception>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            switch (_place)
            {
                case Place.Preface:
                    Preface(ref bytes);
                    break;
                case Place.Head:
                    if (Gather(ref bytes, _front, WorkHead.Size))
                        Head();
                    break;
                case Place.Body:
                    if (Gather(ref bytes, _body, _head.Packed + _head.Raw))
                        Body();
                    break;
                case Place.Unframed:
                    visitor.OnUnframed(bytes);
                    return;
                default:
                    throw new PageWorkException(PageWorkFault.Truncated, "bytes came after the end of the stream");
            }
        }
    }

    /// <summary>No more bytes come.</summary>
    /// <exception cref="PageWorkException">The stream is not complete.</exception>
    public void End()
    {
        if (_place == Place.Preface && _length < WorkPreface.Magic.Length)
        {
            visitor.OnUnframed(_front.AsSpan(0, _length));
            _place = Place.Unframed;
        }

        if (_place is Place.Preface or Place.Head or Place.Body)
            throw new PageWorkException(PageWorkFault.Truncated, "the stream ended without its last frame");
    }

    public void Dispose() => _codecs.Dispose();

    private bool Gather(ref ReadOnlySpan<byte> bytes, byte[] into, int need)
    {
        var taken = Math.Min(bytes.Length, need - _length);
        bytes[..taken].CopyTo(into.AsSpan(_length));
        _length += taken;
        bytes = bytes[taken..];
        if (_length < need)
            return false;
        _length = 0;
        return true;
    }

    private void Preface(ref ReadOnlySpan<byte> bytes)
    {
        var length = Math.Min(WorkPreface.Magic.Length, _length + bytes.Length);
        var magic = WorkPreface.Magic;
        for (var i = _length; i < length; i++)
        {
            if (bytes[i - _length] == magic[i])
                continue;
            _place = Place.Unframed;
            if (_length > 0)
                visitor.OnUnframed(_front.AsSpan(0, _length));
            return;
        }

        if (!Gather(ref bytes, _front, WorkPreface.Size))
            return;
        var (version, codecs, key, content) = WorkPreface.Read(_front);
        Hasher = new PageHasher(key);
        _body = GC.AllocateUninitializedArray<byte>(
            Limits.PageWork.PackedBytesMax + Limits.PageWork.BatchBytesMax, pinned: true);
        _plain = GC.AllocateUninitializedArray<byte>(Limits.PageWork.PlainBytesMax, pinned: true);
        _place = Place.Head;
        visitor.OnPreface(version, codecs, key, content);
    }

    private void Head()
    {
        _head = WorkHead.Read(_front, _sequence);
        _sequence++;
        if (_head.Type == WorkFrame.Batch)
        {
            _place = Place.Body;
            return;
        }

        Check(default, default);
        _place = _head.Type == WorkFrame.Raw ? Place.Unframed : Place.Ended;
    }

    private void Body()
    {
        ReadOnlySpan<byte> packed = _body.AsSpan(0, _head.Packed);
        ReadOnlySpan<byte> raw = _body.AsSpan(_head.Packed, _head.Raw);
        var plain = Unpack(packed);
        Check(plain, raw);
        _place = Place.Head;
        visitor.OnBatch(plain[.._head.Items], plain[_head.Items..], raw);
    }

    private ReadOnlySpan<byte> Unpack(ReadOnlySpan<byte> packed)
    {
        if (_head.Codec == BatchCodec.Plain)
            return packed;
        var codec = _codecs.Find(_head.Codec)
            ?? throw new PageWorkException(PageWorkFault.Codec, $"{_head.Codec} was not offered here");
        var length = codec.Unpack(packed, _plain.AsSpan(0, _head.Plain));
        return length == _head.Plain ? _plain.AsSpan(0, length) : throw new PageWorkException(
            PageWorkFault.Unpack, $"batch {_head.Sequence} of {_head.Packed} bytes does not unpack to {_head.Plain}");
    }

    private void Check(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> raw)
    {
        if (Hasher!.Check(_front.AsSpan(0, WorkHead.CheckedSize), plain, raw) != _head.Check)
            throw new PageWorkException(PageWorkFault.Check, $"frame {_head.Sequence} was damaged on its way");
    }
}
