using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary>VMs as people read them.</summary>
internal static class VmText
{
    public static void Write(Output output, VmSummary vm) =>
        output.Write(vm, ApiJson.Default.VmSummary, writer => WriteOne(writer, vm));

    public static void WriteList(Output output, VmPage page) =>
        output.Write(page, ApiJson.Default.VmPage, writer =>
        {
            var table = new TextTable("NAME", "STATE", "HOST", "EPOCH", "MEMORY", "VCPUS", "MIGRATION");
            foreach (var vm in page.Vms)
            {
                table.Add(vm.Name.Value, vm.State, vm.Host.Value, Show.Text($"{vm.Epoch}"),
                    Show.Bytes(vm.Spec.MemoryBytes()), Show.Text($"{vm.Spec.Vcpus}"), vm.Migration?.Value);
            }

            table.WriteTo(writer);
        });

    private static void WriteOne(TextWriter writer, VmSummary vm)
    {
        writer.WriteLine($"{vm.Name} is {vm.State} at {vm.Host}");
        var table = new TextTable("  epoch", Show.Text($"{vm.Epoch}"));
        table.Add("  memory", Show.Text($"{Show.Bytes(vm.Spec.MemoryBytes())} ({vm.Spec.MemoryKiB} KiB)"));
        table.Add("  vcpus", Show.Text($"{vm.Spec.Vcpus}"));
        table.Add("  machine", vm.Spec.Machine);
        Optional("  kernel", vm.Spec.Kernel);
        Optional("  initrd", vm.Spec.Initrd);
        Optional("  append", vm.Spec.Append);
        Optional("  program", vm.Spec.Program);
        foreach (var device in vm.Spec.Devices)
            table.Add("  device", device);
        foreach (var disk in vm.Spec.Disks)
            table.Add("  disk", $"{disk.Id}: {Show.Word(disk.Place)} {Show.Word(disk.Format)}, {disk.File}");
        if (vm.Spec.Network is { } network)
            NetworkText.AddTo(table, network);
        Optional("  migration", vm.Migration is { } migration ? $"{migration} to {vm.Target}" : null);
        Optional("  reason", vm.Reason is { } reason ? $"{reason}: {vm.Detail}" : vm.Detail);
        table.WriteTo(writer);

        void Optional(string name, string? value)
        {
            if (value is not null)
                table.Add(name, value);
        }
    }
}
