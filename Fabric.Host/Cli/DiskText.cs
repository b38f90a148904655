using Fabric.Protocol;

namespace Fabric.Host.Cli;

/// <summary>Copies of local disks as people read them.</summary>
internal static class DiskText
{
    /// <summary>All of them, for a line of progress; empty without any.</summary>
    public static string Of(IReadOnlyList<DiskProgress>? disks) =>
        disks is { Count: > 0 } ? $"; {string.Join(", ", disks.Select(d => $"disk {d.Id} {Of(d)}"))}" : "";

    /// <summary>Where one stands.</summary>
    public static string Of(DiskProgress d) => Show.Text(
        $"round {d.Round}: {Show.Bytes(d.LeftBytes)} of {Show.Bytes(d.TotalBytes)} left, copied {Show.Bytes(d.CopiedBytes)}") +
        $" ({Show.Bytes(d.WireBytes)} on the wire){(d.Resumed ? ", resumed" : "")}{(d.Synchronous ? ", synchronous" : "")}";
}
