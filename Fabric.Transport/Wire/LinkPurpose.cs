using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Transport.Wire;

/// <summary>
/// What a data link of a migration carries. A ticket is for one purpose and opens no link of another: a disk's bytes
/// can never be taken for memory, or for another disk's.
/// </summary>
/// <param name="Number">On the wire: 0 memory, else the disk's place among the VM's disks, from 1.</param>
public readonly record struct LinkPurpose(byte Number)
{
    /// <summary>The guest's memory and state. It was the only one once, and is what a hello without a purpose means.</summary>
    public static LinkPurpose Memory => default;

    /// <summary>Whether the number is a purpose's.</summary>
    public bool IsKnown => Number <= Limits.Disks.PerVmMax;

    /// <summary>One disk.</summary>
    /// <param name="place">Its place among all disks of the VM's specification, from 0.</param>
    public static LinkPurpose OfDisk(int place)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, Limits.Disks.PerVmMax);
        return new LinkPurpose((byte)(place + 1));
    }

    /// <summary>How a log calls the link.</summary>
    public string NameOf(MigrationId migration, int attempt) => string.Create(
        CultureInfo.InvariantCulture, $"{migration}/{attempt}{(Number == 0 ? "" : $" {this}")}");

    /// <inheritdoc/>
    public override string ToString() =>
        Number == 0 ? "memory" : string.Create(CultureInfo.InvariantCulture, $"disk {Number - 1}");
}
