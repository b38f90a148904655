namespace Fabric.Host.Bench.Sites;

/// <summary>A figure that is to stay below a limit.</summary>
/// <param name="Name">What.</param>
/// <param name="Seen">The figure; a median where there are several moves.</param>
/// <param name="Limit">At most this.</param>
/// <param name="QemuAlone">The same of QEMU alone, where it has one.</param>
public sealed record SitesBar(string Name, double Seen, double Limit, double? QemuAlone = null)
{
    /// <summary>It stays below. What is no number does not.</summary>
    public bool Met => Seen <= Limit;
}
