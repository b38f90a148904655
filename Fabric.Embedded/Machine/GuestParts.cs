using Fabric.Embedded.Guest;
using Fabric.Embedded.Qmp;

namespace Fabric.Embedded.Machine;

/// <summary>What a guest's process is made of.</summary>
internal sealed record GuestParts(
    GuestSystem Guest, Vcpu Vcpu, RunControl Run, MainLock MainLock, QmpEvents Events, TimeProvider Time);
