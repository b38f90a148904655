using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Fabric.Drivers.Network;
using Fabric.Drivers.Network.Netlink;
using Fabric.Lab.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Networks;

/// <summary>
/// Network namespaces of one test, joined by cables. What cannot be made is a failure that says what to do. Interfaces
/// are
/// made by the client under test and looked at by iproute2, which is of other people's making.
/// </summary>
public sealed partial class NetLab : IDisposable
{
    private readonly string _prefix = "fab" + Guid.NewGuid().ToString("N")[..6];
    private readonly List<string> _made = [];
    private readonly Dictionary<string, NetlinkRoute> _kernels = new(StringComparer.Ordinal);

    /// <summary>Makes the namespaces.</summary>
    public NetLab(params string[] names)
    {
        try
        {
            foreach (var name in names)
            {
                Run("ip", ["netns", "add", NameOf(name)]);
                _made.Add(name);
                Ip(name, "link set lo up");
                Set(name, "net/ipv6/conf/default/accept_dad", "0");
                Set(name, "net/ipv6/conf/all/accept_dad", "0");
            }
        }
        catch (Exception e)
        {
            Dispose();
            throw new InvalidOperationException(
                $"Network namespaces cannot be made here: {e.Message} The lab's network tests need Linux with iproute2 "
                + "(deploy/setup.sh installs it) and root with the capabilities NET_ADMIN and SYS_ADMIN; in a container, "
                + "start it with --privileged.", e);
        }
    }

    /// <summary>The name that the kernel knows it by.</summary>
    public string NameOf(string name) => $"{_prefix}{name}";

    /// <summary>As the drivers take it.</summary>
    public NetworkNamespace Place(string name) => new(NameOf(name));

    /// <summary>The client under test, in there.</summary>
    public NetlinkRoute Kernel(string name)
    {
        if (!_kernels.TryGetValue(name, out var kernel))
            _kernels[name] = kernel = NetlinkRoute.Open(Place(name));
        return kernel;
    }

    /// <summary>The interface, which must be there.</summary>
    public LinkFacts Link(string name, string link) => Kernel(name).Link(link).ShouldNotBeNull($"{name}:{link}");

    /// <summary>A cable between two namespaces.</summary>
    public void Cable(string one, string oneLink, string other, string otherLink)
    {
        using var file = File.OpenHandle(Place(other).Path!);
        Kernel(one).CreateVeth(oneLink, otherLink, (int)file.DangerousGetHandle());
        Up(one, oneLink);
        Up(other, otherLink);
    }

    /// <summary>A bridge with these ports.</summary>
    public void Bridge(string name, string bridge, params string[] ports)
    {
        Kernel(name).CreateBridge(bridge);
        Up(name, bridge);
        foreach (var port in ports)
            Kernel(name).SetMaster(Link(name, port).Index, Link(name, bridge).Index);
    }

    /// <summary>Sets an interface up.</summary>
    public void Up(string name, string link) => Kernel(name).SetUp(Link(name, link).Index, up: true);

    /// <summary>Gives an interface an address.</summary>
    public void Address(string name, string link, string address) =>
        Kernel(name).AddAddress(Link(name, link).Index, InterfaceAddress.Of(address));

    /// <summary>A namespace that passes packets on.</summary>
    public void Forward(string name)
    {
        Set(name, "net/ipv4/ip_forward", "1");
        Set(name, "net/ipv6/conf/all/forwarding", "1");
    }

    /// <summary>A redirector of the host that this namespace is.</summary>
    public NetworkRedirector Host(string name, string directory, string? underlay = null, string? uplink = null) => new(
        new NetworkPlace
        {
            Namespace = NameOf(name),
            Underlay = underlay is null ? null : HostAddress.Of(underlay),
            Uplink = uplink,
        },
        new FileNetworkNotes(Path.Combine(directory, name)), names: null, TimeProvider.System);

    /// <summary>A UDP socket in there.</summary>
    public Socket Udp(string name, AddressFamily family = AddressFamily.InterNetwork) =>
        Place(name).Run(() => new Socket(family, SocketType.Dgram, ProtocolType.Udp));

    /// <summary>iproute2's word, for comparison.</summary>
    public string Ip(string name, string arguments) =>
        Run("ip", ["-n", NameOf(name), .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    /// <summary>What <c>bridge</c> sees of an interface's forwarding entries in there.</summary>
    public string Entries(string name, string link) => Run("bridge", ["-n", NameOf(name), "fdb", "show", "dev", link]);

    /// <summary>All that iproute2 sees in there, without ages and counters.</summary>
    public string Dump(string name)
    {
        var all = string.Join('\n',
            Ip(name, "-d -o link"), Ip(name, "-o addr"), Ip(name, "route show table all"), Ip(name, "-6 route show table all"),
            Ip(name, "neigh show nud permanent"), Ip(name, "rule"), Ip(name, "-6 rule"),
            Run("bridge", ["-n", NameOf(name), "fdb"]));
        return string.Join('\n', Passing().Replace(all, "").Split('\n').Select(l => l.TrimEnd()).Order(StringComparer.Ordinal));
    }

    /// <summary>What differs between two dumps: lines that went and lines that came.</summary>
    public static string Changes(string before, string after)
    {
        var (old, now) = (before.Split('\n'), after.Split('\n'));
        return string.Join('\n',
            old.Except(now, StringComparer.Ordinal).Select(l => "- " + l)
                .Concat(now.Except(old, StringComparer.Ordinal).Select(l => "+ " + l)));
    }

    /// <summary>
    /// Something that holds a TAP, once the kernel sends to it: it drops what comes in the moments before.
    /// </summary>
    internal async Task<TapGuest> GuestAsync(string name, string tap, bool runs = true)
    {
        var guest = new TapGuest(Place(name), tap, runs);
        await Until.TrueAsync(
            () => Task.FromResult(Ip(name, $"link show {tap}").Contains("state UP", StringComparison.Ordinal)));
        return guest;
    }

    /// <summary>Writes below /proc/sys.</summary>
    public void Set(string name, string path, string value) =>
        Place(name).Run(() => File.WriteAllText("/proc/sys/" + path, value));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var kernel in _kernels.Values)
            kernel.Dispose();
        foreach (var name in _made)
            Run("ip", ["netns", "del", NameOf(name)]);
        _made.Clear();
    }

    internal static string Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture,
            $"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}: {errors.Result.Trim()}"));
    }

    // What passes by itself: ages, the bridge's timers, carriers that the kernel looks at late, addresses that a link without IPv6 traffic gains late.
    [GeneratedRegex(
        @"\s(used|age|hello_timer|gc_timer|tcn_timer|topology_change_timer|state) +\S+|(NO-CARRIER,|,LOWER_UP)|\b\S*fe80\S*.*|.*(multicast|ff00::).*|ageing_time \S+",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Passing();
}
