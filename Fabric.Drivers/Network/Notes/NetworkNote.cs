using System.Text.Json.Serialization;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>What was under a key before the move.</summary>
/// <param name="Key">The key, as the entry that was wished for.</param>
/// <param name="Was">What was there; null for nothing.</param>
/// <param name="IsShared">Other machines of this host use it too.</param>
public sealed record NotedEntry(NetworkEntry Key, NetworkEntry? Was, bool IsShared);

/// <summary>
/// A move that has begun on this host and has not ended: what was there before, so that it can be put back by whoever
/// comes
/// after a crash.
/// </summary>
/// <param name="Move">The move.</param>
/// <param name="Before">In the order of doing.</param>
public sealed record NetworkNote(NetworkMove Move, IReadOnlyList<NotedEntry> Before)
{
    /// <summary>The flip was begun here.</summary>
    public bool IsActivated { get; init; }

    /// <summary>Whether it is of this very move.</summary>
    public bool IsOf(NetworkMove move) => Move.Migration == move.Migration && Move.Attempt == move.Attempt;
}

/// <summary>
/// Where notes are kept. Throws <see cref="NetworkException"/> with <see cref="NetworkFault.NotesFailed"/>.
/// </summary>
public interface INetworkNotes
{
    /// <summary>The note of a VM in a role; null when there is none.</summary>
    NetworkNote? Find(VmId vm, NetworkRole role);

    /// <summary>Keeps a note in place of the one before; durable when it returns.</summary>
    void Keep(NetworkNote note);

    /// <summary>Forgets it; nothing there is right too.</summary>
    void Forget(VmId vm, NetworkRole role);

    /// <summary>All moves that have not ended on this host.</summary>
    IReadOnlyList<NetworkNote> Open();
}

/// <summary>JSON of notes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, RespectNullableAnnotations = true, MaxDepth = 16)]
[JsonSerializable(typeof(NetworkNote))]
internal sealed partial class NetworkJson : JsonSerializerContext;
