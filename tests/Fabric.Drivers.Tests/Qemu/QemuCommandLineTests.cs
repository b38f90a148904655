using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Qemu;

public sealed class QemuCommandLineTests
{
    private static readonly HypervisorFacts Tcg72 = new(
        new Version(7, 2, 22), "tcg", new HashSet<string>(StringComparer.Ordinal) { "pc-q35-7.2" });
    private static readonly HashSet<string> NoneUnknown = [];

    private static VmSpec Spec => new() { Id = VmId.Of("web-1"), MemoryKiB = 131_136, Vcpus = 2 };

    private static IReadOnlyList<string> Line(VmSpec spec, StartMode mode = StartMode.Boot) =>
        QemuCommandLine.Of(spec, mode, new QemuDirectory("/run/fabric/web-1/"), new QemuOptions(), Tcg72);

    private static string After(IReadOnlyList<string> line, string option) => line[line.ToList().IndexOf(option) + 1];

    private static List<FailureReason> Reasons(VmSpec spec, HypervisorFacts facts) =>
        [.. QemuFitness.Check(spec, facts, new QemuOptions(), NoneUnknown).Select(u => u.Reason)];

    [Fact]
    public void Machine_always_starts_stopped_detached_and_without_defaults()
    {
        var line = Line(Spec);
        foreach (var option in new[] { "-S", "-daemonize", "-nodefaults", "-no-user-config" })
            line.Count(a => string.Equals(a, option, StringComparison.Ordinal)).ShouldBe(1);
        After(line, "-m").ShouldBe("131136K");
        After(line, "-smp").ShouldBe("2");
        After(line, "-accel").ShouldBe("tcg,thread=multi");
        After(line, "-pidfile").ShouldBe("/run/fabric/web-1/qemu.pid");
        // Two for the agent, one for whoever observes from outside.
        line.Count(a => a is "-mon").ShouldBe(3);
        line.Any(a => a is "-incoming" or "-netdev").ShouldBeFalse();
    }

    [Fact]
    public void Target_waits_for_an_order_to_listen() =>
        After(Line(Spec, StartMode.Incoming), "-incoming").ShouldBe("defer");

    [Fact]
    public void Disk_is_a_file_node_a_format_node_and_a_device_in_the_order_given()
    {
        var spec = Spec with
        {
            Disks =
            [
                new DiskSpec { Id = DiskId.Of("root"), File = "r.img" },
                new DiskSpec { Id = DiskId.Of("data"), File = "d.img", Format = DiskFormat.Raw },
            ],
        };
        var options = new QemuOptions { DiskPath = d => $"/disks,x/{d.File}" };
        var line = QemuCommandLine.Of(spec, StartMode.Boot, new QemuDirectory("/run/fabric/web-1/"), options, Tcg72);
        line.Where((_, i) => i > 0 && line[i - 1] is "-blockdev" or "-device").Where(a => a is not ("-blockdev" or "-device"))
            .ShouldBe(
            [
                "driver=file,node-name=file-root,filename=/disks,,x/r.img,discard=unmap",
                "driver=qcow2,node-name=disk-root,file=file-root,discard=unmap",
                "virtio-blk-pci,drive=disk-root,id=dev-root",
                "driver=file,node-name=file-data,filename=/disks,,x/d.img,discard=unmap",
                "driver=raw,node-name=disk-data,file=file-data,discard=unmap",
                "virtio-blk-pci,drive=disk-data,id=dev-data",
            ], StringComparer.Ordinal);
        Reasons(spec, Tcg72).ShouldBe([FailureReason.HypervisorUnfit]);
        var long27 = Spec with { Disks = [new DiskSpec { Id = DiskId.Of(new string('a', 27)), File = "r.img" }] };
        long27.Faults().ShouldHaveSingleItem().ShouldContain("longer than 26");
    }

    [Fact]
    public void Kernel_command_line_stays_one_argument()
    {
        var line = Line(Spec with { Kernel = "/boot/k", Append = "a=1,2 -daemonize; rm" });
        After(line, "-append").ShouldBe("a=1,2 -daemonize; rm");
        After(line, "-kernel").ShouldBe("/boot/k");
    }

    [Fact]
    public void Network_exists_only_for_a_card_that_names_it()
    {
        var line = Line(Spec with { Devices = ["virtio-net-pci,netdev=n0,romfile=", "virtio-rng-pci"] });
        line.Where((_, i) => i > 0 && line[i - 1] is "-netdev").ShouldBe(["user,id=n0"], StringComparer.Ordinal);
        line.Where((_, i) => i > 0 && line[i - 1] is "-device").Count().ShouldBe(2);
    }

    [Fact]
    public void A_network_that_moves_has_a_card_at_its_tap_beside_the_user_s_own()
    {
        var network = new NetworkSpec
        {
            Kind = NetworkKind.Routed,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Addresses = [HostAddress.Of("10.1.0.7")],
            Tap = "vweb",
            GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
        };
        var line = Line(Spec with { Devices = ["virtio-net-pci,netdev=net0,romfile="], Network = network });
        line.Where((_, i) => i > 0 && line[i - 1] is "-netdev").ShouldBe(
            ["user,id=net0", "tap,id=fabric-net,ifname=vweb,script=no,downscript=no"], StringComparer.Ordinal);
        line.ShouldContain("virtio-net-pci,netdev=fabric-net,mac=52:54:00:aa:00:01,romfile=,id=fabric-nic", StringComparer.Ordinal);
        Line(Spec with { Network = network with { Mtu = 1400 } })
            .ShouldContain("virtio-net-pci,netdev=fabric-net,mac=52:54:00:aa:00:01,romfile=,id=fabric-nic,host_mtu=1400",
                StringComparer.Ordinal);
        Line(Spec with { Network = new NetworkSpec { Kind = NetworkKind.None } }).ShouldNotContain("-netdev", StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("7.2.22", "tcg", 131_072, true)]
    [InlineData("7.2.22", "tcg", 131_136, false)]
    [InlineData("9.1.0", "tcg", 262_144, true)]
    [InlineData("7.2.22", "kvm", 131_072, false)]
    [InlineData("10.0.2", "tcg", 131_072, false)]
    public void Memory_size_that_loses_pages_is_refused(
        string version, string accelerator, long memoryKiB, bool isRefused)
    {
        var facts = Tcg72 with { Version = Version.Parse(version), Accelerator = accelerator };
        Reasons(Spec with { MemoryKiB = memoryKiB }, facts)
            .ShouldBe(isRefused ? [FailureReason.MemorySizeCorrupts] : new List<FailureReason>());
    }

    [Theory]
    [InlineData("loader,file=/etc/shadow")]
    [InlineData("driver=loader,file=/etc/shadow")]
    [InlineData("vfio-pci,host=01:00.0")]
    [InlineData("{\"driver\":\"loader\"}")]
    [InlineData("virtio-net-pci,driver=loader")]
    [InlineData("virtio-net-pci,romfile=key.pem")]
    [InlineData("virtio-net-pci,romfile=/etc/shadow")]
    public void Device_that_reaches_into_the_host_is_refused(string device) =>
        Reasons(Spec with { Devices = [device] }, Tcg72).ShouldBe([FailureReason.HypervisorUnfit]);

    [Fact]
    public void Machine_type_that_is_not_offered_is_refused() =>
        Reasons(Spec with { Machine = "pc-q35-10.0" }, Tcg72).ShouldBe([FailureReason.HypervisorUnfit]);

    [Theory]
    [InlineData("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)\nCopyright", "7.2.22")]
    [InlineData("QEMU emulator version 10.0\n", "10.0")]
    [InlineData("bash: no such thing", null)]
    public void Version_is_read(string text, string? version) =>
        QemuProbe.VersionIn(text)?.ToString().ShouldBe(version);

    [Fact]
    public void Machine_types_are_read() =>
        QemuProbe.MachinesIn(
            "Supported machines are:\npc   Standard PC (alias of pc-i440fx-7.2)\npc-q35-7.2  Standard PC\n")
            .Contains("pc-q35-7.2").ShouldBeTrue();
}
