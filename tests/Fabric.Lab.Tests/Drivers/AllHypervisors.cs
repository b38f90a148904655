namespace Fabric.Lab.Tests.Drivers;

/// <summary>Every hypervisor that the driver serves: what holds for one holds for all.</summary>
internal static class AllHypervisors
{
    public static TheoryData<string> Data =>
        new(LabEnvironment.Embedded, LabEnvironment.Installed, LabEnvironment.Unpacked);
}
