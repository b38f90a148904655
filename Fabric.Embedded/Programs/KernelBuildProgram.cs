using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>
/// A kernel build: compiler after compiler takes a fresh region, fills it, and is gone; objects go to a growing page
/// cache. The working set moves, so it is small at any moment and large over a round.
/// </summary>
internal sealed class KernelBuildProgram(GuestLayout layout) : GuestProgram(layout)
{
    private const int PagesPerOperation = 6;
    private const int OperationsPerJob = 400;

    public override int Rate => 400;

    public override void Operate(GuestSystem guest)
    {
        var (heap, cache) = (Share(60), Share(30));
        ref var registers = ref guest.Registers;
        if (registers.Cursors[0]++ % OperationsPerJob == 0)
            registers.Cursors[1] = (ulong)guest.Random(heap);
        for (var i = 0; i < PagesPerOperation; i++)
            guest.Write((int)((registers.Cursors[1] + registers.Cursors[2]++ % (ulong)Share(2)) % (ulong)heap), records: 2);
        guest.Read(heap + guest.Random(cache));
        if (guest.Random(2) == 0)
            guest.Write(NextIn(guest, 3, heap, cache), records: 8);
    }
}
