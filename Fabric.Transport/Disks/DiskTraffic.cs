namespace Fabric.Transport.Disks;

/// <summary>What a disk's relay has moved.</summary>
/// <param name="Sent">Bytes of this side's QEMU, given to the link.</param>
/// <param name="Received">Bytes from the link, given to this side's QEMU.</param>
/// <param name="WireSent">Bytes that the link gave to connections, heads and what was sent again included.</param>
/// <param name="WireReceived">Bytes that it took from them.</param>
/// <param name="Conversations">How often QEMU was connected.</param>
/// <param name="Stalls">How often QEMU took nothing for so long that its connection was closed.</param>
public readonly record struct DiskTraffic(
    long Sent, long Received, long WireSent, long WireReceived, int Conversations, int Stalls);
