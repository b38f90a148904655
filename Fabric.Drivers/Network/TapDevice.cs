using System.Runtime.InteropServices;
using System.Text;
using Fabric.Drivers.Linux;
using Fabric.Protocol;
using Microsoft.Win32.SafeHandles;

namespace Fabric.Drivers.Network;

/// <summary>
/// TAP interfaces; netlink cannot make them. A lasting one stays when no program holds it, so it can be a bridge's port
/// and
/// have its routes before the hypervisor opens it.
/// </summary>
public static class TapDevice
{
    private const string File = "/dev/net/tun";
    private const nuint SetInterface = 0x400454ca;
    private const nuint SetPersistent = 0x400454cb;
    private const int RequestSize = 40;
    private const int NameSize = 16;
    private const short Tap = 0x0002;
    private const short NoInfo = 0x1000;
    private const short OffloadHeader = 0x4000;

    /// <summary>Makes a lasting one.</summary>
    public static void Create(NetworkNamespace place, string name)
    {
        using var tap = Attach(place, name, OffloadHeader);
        if (Sockets.Control(tap, SetPersistent, 1) != 0)
            throw Refused(place, name);
    }

    /// <summary>Opens one as a hypervisor does, to read and write plain frames; makes it when there is none.</summary>
    public static SafeFileHandle Open(NetworkNamespace place, string name) => Attach(place, name, 0);

    /// <summary>Opens one for frames with the header of <see cref="FrameShape"/>.</summary>
    internal static SafeFileHandle OpenWithHeader(NetworkNamespace place, string name) =>
        Attach(place, name, OffloadHeader);

    private static SafeFileHandle Attach(NetworkNamespace place, string name, short more)
    {
        if (!LinkNames.IsValid(name))
            throw new ArgumentException($"'{Names.Shown(name)}' is not an interface's name", nameof(name));
        return place.Run(() =>
        {
            SafeFileHandle? tap = null;
            try
            {
                tap = System.IO.File.OpenHandle(File, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                Span<byte> request = stackalloc byte[RequestSize];
                request.Clear();
                Encoding.ASCII.GetBytes(name, request);
                MemoryMarshal.Write(request[NameSize..], (short)(Tap | NoInfo | more));
                return Sockets.Control(tap, SetInterface, request) == 0 ? tap : throw Refused(place, name);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                tap?.Dispose();
                throw new NetworkException(
                    NetworkFault.NotPermitted, File, $"it cannot be opened: {Names.Shown(e.Message)}",
                    "Load the kernel's tun module, and give this program access to the device.", e);
            }
            catch
            {
                tap?.Dispose();
                throw;
            }
        });
    }

    private static NetworkException Refused(NetworkNamespace place, string name)
    {
        var error = Marshal.GetLastPInvokeError();
        var words = Marshal.GetPInvokeErrorMessage(error);
        return error switch
        {
            Netlink.Errno.NotPermitted => new NetworkException(
                NetworkFault.NotPermitted, name, $"the TAP in {place} may not be made: {words}",
                "Run with the capability NET_ADMIN."),
            Netlink.Errno.Busy => new NetworkException(
                NetworkFault.LinkUnfit, name, $"the TAP in {place} is held by another program",
                "End that program, or name another TAP."),
            _ => new NetworkException(
                NetworkFault.LinkUnfit, name, $"the TAP in {place} cannot be made: {words}",
                "An interface of this name may be something else: look with 'ip -d link show'."),
        };
    }
}
