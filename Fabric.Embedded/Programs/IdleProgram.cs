using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>A machine that waits: timers, a log line now and then. 1 % of its memory at most is ever written.</summary>
internal sealed class IdleProgram(GuestLayout layout) : GuestProgram(layout)
{
    public override int Rate => 100;

    public override void Operate(GuestSystem guest) => guest.Write(guest.Random(Math.Min(64, Share(1))));
}
