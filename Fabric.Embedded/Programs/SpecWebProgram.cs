using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>
/// A web server with dynamic pages, like SPECweb99's. A hot 2 % of memory is written all the time and holds the last
/// round at some 2 % of memory (18 MB of 800 in the paper); a warm tail is written now and then.
/// </summary>
internal sealed class SpecWebProgram(GuestLayout layout) : GuestProgram(layout)
{
    public override int Rate => 1200;

    public override void Operate(GuestSystem guest)
    {
        var (hot, warm) = (Share(3), Share(12));
        for (var i = 0; i < 3; i++)
        {
            var skew = guest.RandomFraction();
            guest.Write((int)(hot * skew * skew), records: 4);
        }

        guest.Read(hot + guest.Random(Resident - hot));
        if (guest.Random(4) == 0)
            guest.Write(hot + guest.Random(warm), records: 4);
    }
}
