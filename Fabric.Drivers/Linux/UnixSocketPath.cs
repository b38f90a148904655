using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Fabric.Protocol;

namespace Fabric.Drivers.Linux;

/// <summary>
/// Whether a path may be used as our UNIX socket. Who owns a monitor socket owns the guest, and who can put another
/// file in its place can answer for the hypervisor; so nothing but a socket of our own user is talked to.
/// </summary>
internal static class UnixSocketPath
{
    private const int WritableByOthers = 0x2;
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    /// <summary>What is wrong with the name alone; null when nothing is.</summary>
    public static string? NameFault(string path)
    {
        if (!path.StartsWith('/') || path.Any(char.IsControl))
            return $"'{Names.Shown(path)}' is not an absolute path of printable characters";

        // In QEMU's option syntax a comma ends the path; the migration address knows no way to escape it.
        if (path.Contains(',', StringComparison.Ordinal))
            return $"'{path}' has a comma, which QEMU's socket addresses cannot carry";
        var bytes = Encoding.UTF8.GetByteCount(path);
        return bytes > Limits.Qemu.SocketPathBytesMax
            ? $"'{path}' has {bytes} bytes; a UNIX socket's path has at most {Limits.Qemu.SocketPathBytesMax}: " +
              "use a shorter directory"
            : null;
    }

    /// <summary>What is wrong with the file at the path; null when it is a socket of our own.</summary>
    public static string? FileFault(string path)
    {
        if (FileFacts.Of(path) is not { } facts)
            return $"there is no socket '{path}'";
        if (!facts.IsSocket)
            return $"'{path}' is {facts.Kind}, not a socket";
        if (facts.Owner != LibC.EffectiveUser())
            return $"'{path}' belongs to user {facts.Owner}, not to this program's user {LibC.EffectiveUser()}";
        return (facts.Mode & WritableByOthers) != 0 ? $"'{path}' can be written by everybody" : null;
    }

    /// <summary>
    /// What is wrong with the peer of a connected socket; null when nothing is. This is asked of the kernel, so it
    /// holds even if the file was exchanged after <see cref="FileFault"/>.
    /// </summary>
    public static string? PeerFault(Socket socket, string path)
    {
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        var user = BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]);
        return user == LibC.EffectiveUser() ? null : $"the process behind '{path}' runs as user {user}";
    }
}
