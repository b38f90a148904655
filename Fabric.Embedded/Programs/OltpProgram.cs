using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>
/// A data base: each transaction reads and changes a few pages of a buffer pool, some far more often than others, and
/// appends to a log.
/// </summary>
internal sealed class OltpProgram(GuestLayout layout) : GuestProgram(layout)
{
    private const int TransactionsPerLogPage = 8;

    public override int Rate => 1000;

    public override void Operate(GuestSystem guest)
    {
        var (pool, log) = (Share(40), Share(5));
        for (var i = 0; i < 4; i++)
            guest.Read(Skewed(guest, pool));
        for (var i = 0; i < 2; i++)
            guest.Write(Skewed(guest, pool));
        guest.Write(pool + (int)(guest.Registers.Cursors[0]++ / TransactionsPerLogPage % (ulong)log));
    }

    // The fourth power: half of all accesses go to the first sixteenth of the pool.
    private static int Skewed(GuestSystem guest, int pages)
    {
        var chance = guest.RandomFraction();
        return (int)(pages * chance * chance * chance * chance);
    }
}
