using Fabric.Embedded.Guest;
using Fabric.Protocol;

namespace Fabric.Embedded.Programs;

/// <summary>
/// What a guest does all day. Each program has the writable working set that the literature found for such a machine;
/// sizes are shares of the resident memory, so that a small guest shows the same curve as a large one.
/// </summary>
internal abstract class GuestProgram(GuestLayout layout)
{
    /// <summary>Operations a second.</summary>
    public abstract int Rate { get; }

    /// <summary>Resident data pages.</summary>
    protected int Resident => layout.ResidentPages;

    /// <summary>The program of that name.</summary>
    public static GuestProgram Of(string name, GuestLayout layout) => name switch
    {
        GuestProgramSpec.Idle => new IdleProgram(layout),
        GuestProgramSpec.StaticWeb => new StaticWebProgram(layout),
        GuestProgramSpec.SpecWeb => new SpecWebProgram(layout),
        GuestProgramSpec.GameServer => new GameServerProgram(layout),
        GuestProgramSpec.MemoryMuncher => new MemoryMuncherProgram(layout),
        GuestProgramSpec.KernelBuild => new KernelBuildProgram(layout),
        GuestProgramSpec.Oltp => new OltpProgram(layout),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a guest program"),
    };

    /// <summary>Does one operation.</summary>
    public abstract void Operate(GuestSystem guest);

    /// <summary>A share of the resident pages; one at least.</summary>
    protected int Share(double percent) => Math.Clamp((int)(Resident * percent / 100), 1, Math.Max(1, Resident));

    /// <summary>The next page of a ring of pages, whose place is in a cursor of the registers.</summary>
    protected static int NextIn(GuestSystem guest, int cursor, int first, int count) =>
        first + (int)(guest.Registers.Cursors[cursor]++ % (ulong)count);
}
