namespace Fabric.Protocol;

/// <summary>
/// What came to a VM that had moved by way of where it was (the trombone), over the tunnel of its move, until that was
/// taken away; where the tunnel stays, until now.
/// </summary>
/// <param name="Vm">Which VM.</param>
/// <param name="Migration">Which move.</param>
/// <param name="By">Where it was.</param>
/// <param name="Packets">Since the tunnel was made: what came before the guest ran here waited for it, or was passed on.</param>
/// <param name="Bytes">The same in bytes.</param>
/// <param name="Stays">The tunnel is there still: the old address goes on arriving at the old site.</param>
public sealed record NetworkDetour(VmId Vm, MigrationId Migration, HostId By, long Packets, long Bytes, bool Stays);
