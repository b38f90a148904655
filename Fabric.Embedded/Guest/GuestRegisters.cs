using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fabric.Embedded.Guest;

/// <summary>
/// What the vCPU holds outside of memory: the device state of a migration. Together with memory it says everything;
/// <see cref="Writes"/> and <see cref="Digest"/> tie the two, so that pages which are old but whole are seen too.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct GuestRegisters
{
    /// <summary>Operations done.</summary>
    public ulong Operations;

    /// <summary>Page writes done: the sum of all versions.</summary>
    public ulong Writes;

    /// <summary>Of every page's version; changes with each write.</summary>
    public ulong Digest;

    /// <summary>State of the guest's only source of chance.</summary>
    public ulong Random;

    /// <summary>Time that the guest has run.</summary>
    public long UpMicroseconds;

    /// <summary>Heartbeats written.</summary>
    public ulong Beats;

    /// <summary>When the next one is due, in the guest's time.</summary>
    public long NextBeatMicroseconds;

    /// <summary>Pages found wrong so far.</summary>
    public ulong Bad;

    /// <summary>Rolling scans of all memory that were finished.</summary>
    public ulong Scans;

    /// <summary>The next page of the rolling scan.</summary>
    public int ScanAt;

    /// <summary>Resident pages written at boot.</summary>
    public int Booted;

    /// <summary>Operations a second that were asked for; -1 is as many as go, below that the program's own.</summary>
    public long Rate;

    /// <summary>The program's own numbers.</summary>
    public Cursors Cursors;
}

/// <summary>Places where a program was, such as the end of its log.</summary>
[InlineArray(4)]
internal struct Cursors
{
    private ulong _first;
}
