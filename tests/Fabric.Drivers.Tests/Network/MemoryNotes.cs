using System.Text.Json;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

/// <summary>Notes that are kept as the files have them: as JSON.</summary>
internal sealed class MemoryNotes : INetworkNotes
{
    private readonly Dictionary<(VmId, NetworkRole), byte[]> _notes = [];

    public NetworkNote? Find(VmId vm, NetworkRole role) =>
        _notes.TryGetValue((vm, role), out var json) ? JsonSerializer.Deserialize(json, NetworkJson.Default.NetworkNote) : null;

    public void Keep(NetworkNote note) =>
        _notes[(note.Move.Vm, note.Move.Role)] = JsonSerializer.SerializeToUtf8Bytes(note, NetworkJson.Default.NetworkNote);

    public void Forget(VmId vm, NetworkRole role) => _notes.Remove((vm, role));

    public IReadOnlyList<NetworkNote> Open() => [.. _notes.Keys.Select(k => Find(k.Item1, k.Item2)!)];
}
