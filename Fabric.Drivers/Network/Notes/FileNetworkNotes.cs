using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>One file for each VM and role in a directory. Written beside, synced, and put in place.</summary>
public sealed class FileNetworkNotes(string directory) : INetworkNotes
{
    private const string Ending = ".network.json";

    /// <inheritdoc/>
    public NetworkNote? Find(VmId vm, NetworkRole role)
    {
        var path = PathOf(vm, role);
        return Told(path, () => File.Exists(path) ? Read(path) : null);
    }

    /// <inheritdoc/>
    public void Keep(NetworkNote note)
    {
        var path = PathOf(note.Move.Vm, note.Move.Role);
        Told(path, () =>
        {
            Directory.CreateDirectory(directory);
            var beside = path + ".new";
            using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
            {
                JsonSerializer.Serialize(file, note, NetworkJson.Default.NetworkNote);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
            Sync();
            return true;
        });
    }

    /// <inheritdoc/>
    public void Forget(VmId vm, NetworkRole role)
    {
        var path = PathOf(vm, role);
        Told(path, () =>
        {
            if (!File.Exists(path))
                return true;
            File.Delete(path);
            Sync();
            return true;
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<NetworkNote> Open() => Told(directory, () => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, "*" + Ending).Order(StringComparer.Ordinal).Take(Limits.Network.NotesMax)
            .Select(Read).ToArray()
        : []);

    private static NetworkNote Read(string path)
    {
        var size = new FileInfo(path).Length;
        if (size > Limits.Network.NoteBytesMax)
            throw new IOException($"it has {size} bytes, over {Limits.Network.NoteBytesMax}");
        return JsonSerializer.Deserialize(File.ReadAllBytes(path), NetworkJson.Default.NetworkNote)
            is { Move: not null, Before: not null } note && note.Before.All(b => b.Key is not null)
                ? note
                : throw new JsonException("a part of it is missing");
    }

    // Both names are DNS labels, or of a closed list.
    private string PathOf(VmId vm, NetworkRole role) =>
        Path.Combine(directory, $"{vm}.{Enum.GetName(role)!.ToLowerInvariant()}{Ending}");

    // The renaming is durable when the directory is.
    private void Sync()
    {
        using var handle = Linux.DirectoryHandle.Open(directory);
        Linux.DirectoryHandle.Sync(handle);
    }

    private static T Told<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            throw new NetworkException(
                NetworkFault.NotesFailed, path, $"the note of a move cannot be kept or read: {e.Message}",
                "Make room on the disk, or give this program's user the directory; without the note nothing is changed.", e);
        }
    }
}
