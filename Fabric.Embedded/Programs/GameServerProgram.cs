using Fabric.Embedded.Guest;

namespace Fabric.Embedded.Programs;

/// <summary>
/// A game server: one operation is a tick of 20 ms that writes the players' and entities' state. The working set is
/// tiny (the last round of the paper's Quake 3 was 0.1 MB of 64), so a pause that players notice is not needed.
/// </summary>
internal sealed class GameServerProgram(GuestLayout layout) : GuestProgram(layout)
{
    private const int TickMs = 20;
    private const int EntitiesPerTick = 24;

    public override int Rate => 1000 / TickMs;

    public override void Operate(GuestSystem guest)
    {
        var (entities, world) = (Share(0.4), Share(4));
        for (var i = 0; i < EntitiesPerTick; i++)
            guest.Write(guest.Random(entities), records: 2);
        for (var i = 0; i < 2; i++)
            guest.Write(entities + guest.Random(world));
    }
}
