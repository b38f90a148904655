namespace Fabric.Transport.Pages.Store;

/// <summary>
/// Where the live stream goes on behind a refill. The default: all that is held, at a section's boundary.
/// </summary>
/// <param name="given">A bit for each page that belongs into it; empty for every page that is held.</param>
/// <param name="last">The block that a continuing record means.</param>
/// <param name="at">Where the stream stands.</param>
/// <param name="begun">Bytes of a construct that is not whole yet.</param>
internal readonly ref struct RefillPoint(
    ReadOnlySpan<ulong> given, RamBlock? last, StreamStanding at, ReadOnlySpan<byte> begun)
{
    private readonly ReadOnlySpan<ulong> _given = given;

    public RamBlock? Last { get; } = last;

    public StreamStanding At { get; } = at;

    public ReadOnlySpan<byte> Begun { get; } = begun;

    /// <summary>Every page that it asks for has to be held.</summary>
    public bool IsStrict => !_given.IsEmpty;

    public bool Wants(int page) => _given.IsEmpty || (_given[page >> 6] & (1UL << (page & 63))) != 0;
}
