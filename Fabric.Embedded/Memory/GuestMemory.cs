using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.CompilerServices;
using Fabric.Embedded.Linux;
using Fabric.Protocol;

namespace Fabric.Embedded.Memory;

/// <summary>
/// The guest's RAM: anonymous memory, zero until it is written, given by the kernel page by page. What writes through
/// <see cref="Changed"/> is seen by the dirty log; a page that came in by a migration is written without.
/// </summary>
internal sealed unsafe class GuestMemory : IDisposable
{
    private byte* _base;

    /// <summary>Maps that many bytes.</summary>
    /// <exception cref="IOException">The kernel does not give them.</exception>
    public GuestMemory(long bytes)
    {
        if (bytes <= 0 || bytes % Limits.Guest.PageSize != 0 || bytes > Limits.Guest.MemoryBytesMax)
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "guest memory is whole pages, and at least one");
        var mapped = LibC.Map(0, (nuint)bytes, LibC.ReadWrite, LibC.PrivateAnonymousNoReserve, -1, 0);
        if (mapped == -1)
        {
            var why = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
            throw new IOException($"{bytes} bytes of guest memory cannot be mapped: {why}");
        }

        // Fewer faults and table walks where the kernel offers it; no loss where it does not.
        _ = LibC.Advise(mapped, (nuint)bytes, LibC.AdviseHugePages);
        _base = (byte*)mapped;
        Bytes = bytes;
        Pages = checked((int)(bytes / Limits.Guest.PageSize));
        Dirty = new DirtyLog(Pages);
    }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Its size in pages.</summary>
    public int Pages { get; }

    /// <summary>What has not come yet, in post-copy; null when the guest is whole.</summary>
    public MissingPages? Missing { get; set; }

    /// <summary>Returns when the guest has that page.</summary>
    public Action<int> OnMissing { get; set; } = page =>
        throw new InvalidOperationException($"page {page} is missing, and nobody fetches it");

    /// <summary>Which pages the guest has written.</summary>
    public DirtyLog Dirty { get; }

    /// <summary>One page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<byte> Page(int number)
    {
        if ((uint)number >= (uint)Pages || _base is null)
            Throw(number);
        return new Span<byte>(_base + ((long)number * Limits.Guest.PageSize), Limits.Guest.PageSize);
    }

    /// <summary>A piece of it.</summary>
    public Span<byte> Slice(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Bytes - length);
        return new Span<byte>(_base + offset, length);
    }

    /// <summary>One page as 512 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<ulong> Words(int number) => MemoryMarshal.Cast<byte, ulong>(Page(number));

    /// <summary>One page as the guest touches it: in post-copy it may have to wait for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<ulong> Touch(int number)
    {
        if (Missing is { } missing && !missing.Has(number))
            OnMissing(number);
        return Words(number);
    }

    /// <summary>To be called after the guest has written a page, not before: see <see cref="DirtyLog"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Changed(int number) => Dirty.Mark(number);

    /// <summary>Gives the memory back. Nothing may use it any more.</summary>
    public void Dispose()
    {
        if (_base is null)
            return;
        _ = LibC.Unmap((nint)_base, (nuint)Bytes);
        _base = null;
    }

    private void Throw(int number) => throw new ArgumentOutOfRangeException(
        nameof(number), number, $"the guest has {Pages} pages{(_base is null ? ", and its memory is gone" : "")}");
}
