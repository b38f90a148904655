using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>
/// The paper's MMuncher: writes half of memory in order, without end, faster than it can be sent. Pre-copy gains
/// nothing over stop-and-copy with it.
/// </summary>
internal sealed class MemoryMuncherProgram(GuestLayout layout) : GuestProgram(layout)
{
    private const int PagesPerOperation = 64;

    public override int Rate => 400;

    public override void Operate(GuestSystem guest)
    {
        for (var i = 0; i < PagesPerOperation; i++)
            guest.Write(NextIn(guest, 0, 0, Share(66)));
    }
}
