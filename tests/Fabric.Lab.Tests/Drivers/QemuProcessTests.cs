using System.Globalization;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>What only QEMU has: versions, machine types, devices.</summary>
[Collection(MachineTests.Name)]
[Trait("Category", "Lab")]
public sealed class QemuProcessTests
{
    /// <summary>Both versions.</summary>
    public static TheoryData<string> Versions => new(LabEnvironment.Installed, LabEnvironment.Unpacked);

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Probe_tells_version_and_machines_and_check_finds_what_is_unfit(string version)
    {
        await using var lab = new MachineLab(version);
        var facts = await lab.Hypervisor.ProbeAsync(default);
        facts.Version.ToString().ShouldStartWith(version);
        facts.Accelerator.ShouldBe("tcg");
        facts.Machines.Contains("pc-q35-7.2").ShouldBeTrue();
        (await lab.Hypervisor.CheckAsync(lab.Spec, default)).ShouldBeEmpty();

        var unfit = lab.Spec with
        {
            Machine = "pc-q35-99.9",
            Initrd = "/nonexistent/initrd",
            MemoryKiB = 128 * 1024,
            Devices = ["loader,file=/etc/passwd", "virtio-balloon-pci"],
        };
        var reasons = (await lab.Hypervisor.CheckAsync(unfit, default)).Select(u => u.Reason).ToList();
        var expected = new List<FailureReason>
        {
            FailureReason.HypervisorUnfit, FailureReason.HypervisorUnfit, FailureReason.ImageMissing,
        };
        if (facts.Version.Major < 10)
            expected.Add(FailureReason.MemorySizeCorrupts);
        reasons.ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Refused_device_is_told_in_the_hypervisors_own_words(string version)
    {
        await using var lab = new MachineLab(version);
        var spec = lab.Spec with { Devices = ["virtio-balloon-pci,nosuch=1"] };
        var refused = await Should.ThrowAsync<HypervisorException>(() => lab.StartAsync(StartMode.Boot, spec));
        refused.Fault.ShouldBe(HypervisorFault.DidNotStart);
        refused.Message.ShouldContain("nosuch");
        refused.Message.ShouldContain("not found");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Network_card_gets_its_user_mode_network(string version)
    {
        await using var lab = new MachineLab(version);
        var spec = lab.Spec with { Devices = ["virtio-net-pci,netdev=n0,romfile=", "virtio-balloon-pci"] };
        var machine = await lab.StartAsync(StartMode.Boot, spec);
        (await machine.ObserveAsync(default)).Run.ShouldBe(RunState.Paused);
    }

    [Fact]
    public async Task Stranger_that_was_given_the_pid_is_not_adopted()
    {
        await using var lab = new MachineLab(LabEnvironment.Installed);
        var machine = await lab.StartAsync(StartMode.Boot);
        await machine.KillAsync(default);
        var stranger = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(machine.Directory.PidFile, stranger);
        (await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldBeNull();
        File.Delete(machine.Directory.ProcessFile);
        (await lab.Hypervisor.AdoptAsync(machine.Directory.Path, default)).ShouldBeNull();
        (await lab.Hypervisor.KillAsync(machine.Directory.Path, default)).ShouldBeFalse();
    }
}
