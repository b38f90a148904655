using Fabric.Drivers.Disks;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// What lies in this host's directory of local disks and belongs to no copy that may run here: told to the coordinator, which
/// alone knows whether anybody still needs it.
/// </summary>
/// <param name="images">The images; null where this host has none.</param>
public sealed class LeftoverWatch(IDiskImages? images)
{
    /// <summary>Something was made or removed.</summary>
    public event EventHandler? Noted;

    /// <summary>Images that are partial or released, or whose notes cannot be read.</summary>
    public IReadOnlyList<DiskLeftover> Look() =>
        [.. images?.Notes().Where(static f => f.Note is not { State: DiskState.Owned }).Select(Of) ?? []];

    /// <summary>Somebody should look again.</summary>
    public void Changed() => Noted?.Invoke(this, EventArgs.Empty);

    private static DiskLeftover Of(DiskFound found) => new(
        found.Path, found.Note?.Vm, found.Note?.Disk,
        found.Note?.State == DiskState.Partial ? LeftoverKind.Partial
        : found.Note?.State == DiskState.Released ? LeftoverKind.Released
        : LeftoverKind.Unreadable,
        found.Problem?.ToString());
}
