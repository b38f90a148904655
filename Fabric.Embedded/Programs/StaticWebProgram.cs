using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>
/// A web server that sends one file to many clients. It reads much and writes little: socket buffers, one after the
/// other round a small ring, and an access log.
/// </summary>
internal sealed class StaticWebProgram(GuestLayout layout) : GuestProgram(layout)
{
    private const int LinesPerLogPage = 32;

    public override int Rate => 2000;

    public override void Operate(GuestSystem guest)
    {
        var (file, buffers, log) = (Share(1), Share(2), Share(4));
        for (var i = 0; i < 4; i++)
            guest.Read(guest.Random(file));
        guest.Write(NextIn(guest, 0, file, buffers));
        guest.Write(file + buffers + (int)(guest.Registers.Cursors[1]++ / LinesPerLogPage % (ulong)log));
    }
}
