using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>fabric vm create</c>: defines a VM, stopped, at a host.</summary>
internal static class VmCreateVerb
{
    public static Command Create(CliContext cli)
    {
        var name = new Argument<string>("vm") { Description = "Its name" };
        var host = Text("--host", "The host that owns it", "host");
        host.Required = true;
        var memory = UnitOptions.Size("--memory", "Guest memory, a whole number of KiB, such as 65600KiB or 1GiB");
        memory.Required = true;
        var vcpus = new Option<int?>("--vcpus") { Description = "Virtual CPUs (1)" };
        var machine = Text("--machine", "Versioned machine type", "type");
        var kernel = Text("--kernel", "Path of the kernel on its hosts", "file");
        var initrd = Text("--initrd", "Path of the initial RAM disk on its hosts", "file");
        var append = Text("--append", "The kernel's command line", "text");
        var program = Text("--program", "What a guest of the embedded hypervisor runs, such as oltp,seed=7", "program");
        var devices = new Option<string[]>("--device")
        {
            Description = "One QEMU -device argument; may be repeated",
            HelpName = "device",
            DefaultValueFactory = _ => [],
        };
        var disks = DiskOption.Create();
        var network = NetworkOption.Create();
        var command = new Command("create", "Define a VM, stopped, at a host")
        {
            name, host, memory, vcpus, machine, kernel, initrd, append, program, devices, disks, network,
        };
        return ClientVerb.Of(cli, command, async (run, client, cancellation) =>
        {
            var bytes = run.Get(memory)!.Value;
            if (bytes % 1024 != 0)
                throw new UsageException("--memory: not a whole number of KiB.");
            var vm = await client.CreateVmAsync(
                new CreateVmRequest
                {
                    Name = run.Get(name),
                    Host = run.Get(host)!,
                    MemoryKiB = bytes / 1024,
                    Vcpus = run.Get(vcpus),
                    Machine = run.Get(machine),
                    Kernel = run.Get(kernel),
                    Initrd = run.Get(initrd),
                    Append = run.Get(append),
                    Program = run.Get(program),
                    Devices = run.Get(devices),
                    Disks = [.. run.Get(disks).Select(DiskOption.Read)],
                    Network = run.Get(network) is { Length: > 0 } parts ? NetworkOption.Read(parts) : null,
                },
                cancellation);
            VmText.Write(run.Output, vm);
            return ExitCode.Ok;
        });
    }

    private static Option<string?> Text(string name, string description, string help) =>
        new(name) { Description = description, HelpName = help };
}
