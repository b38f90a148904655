using System.Globalization;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Host.Configuration;
using Fabric.Host.Faults.Run;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// What a host turns the guest's network with. Its notes of networks are read-only: no step that would note or forget
/// something is done, which are prepare, roll back and release. The flip notes nothing: for stop-and-copy the target's interface
/// of the guest has another name instead, so it cannot be turned to.
/// </summary>
internal sealed class NetworkPart(SitesLab lab, LabHost host, VmSpec spec, bool isTarget, TimeProvider time)
    : MendedPart(time)
{
    private const string Lost = "lost";

    /// <summary>Where a host has its notes of networks.</summary>
    public static string NotesOf(LabHost host) => Path.Combine(host.Directory, "network");

    /// <inheritdoc/>
    protected override async Task<(string What, Func<Task> Mend)> BeginAsync(FaultCase fault)
    {
        if (isTarget && fault.At == FaultStage.StopAndCopy && spec.Network?.Tap is { } tap)
        {
            await RenameAsync(tap, Lost);
            return ($"renamed the guest's interface on {host.Name}", () => Has(Lost) ? RenameAsync(Lost, tap) : Task.CompletedTask);
        }

        var notes = NotesOf(host);
        Directory.CreateDirectory(notes);
        await AtAsync("mount", "--bind", notes, notes);
        try
        {
            await AtAsync("mount", "-o", "remount,ro,bind", notes);
        }
        catch
        {
            await AtAsync("umount", "-l", notes);
            throw;
        }

        return ($"made the notes of networks of {host.Name} read-only", () => AtAsync("umount", "-l", notes));
    }

    private Task RenameAsync(string from, string to) => InAsync(host.Namespace, "ip", "link", "set", from, "name", to);

    private bool Has(string link)
    {
        using var kernel = NetlinkRoute.Open(new NetworkNamespace(host.Namespace));
        return kernel.Link(link) is not null;
    }

    // A node in a network namespace of iproute2's has mounts of its own.
    private Task AtAsync(string program, params IEnumerable<string> arguments)
    {
        var node = lab.ProcessOf(host.Name)
            ?? throw new LabException($"Node {host.Name} was not running when its network was to be broken.");
        return ProcessTool.DoAsync(
            "nsenter", ["-t", node.ToString(CultureInfo.InvariantCulture), "-m", program, .. arguments]);
    }
}
