namespace Fabric.Embedded.Migration;

/// <summary>Names and numbers of this hypervisor's streams.</summary>
internal static class GuestStream
{
    /// <summary>The guest's memory, in one piece.</summary>
    public const string BlockName = "fabric.ram";

    /// <summary>The number of the device's section; RAM's is before it.</summary>
    public const uint DeviceSection = PreCopy.Section + 1;
}
