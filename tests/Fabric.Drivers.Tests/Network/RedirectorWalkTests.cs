using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

/// <summary>
/// Every kind and role: fail at each change, do it again, do it twice, go back. What the kernel holds at the end may
/// not
/// depend on it.
/// </summary>
public sealed class RedirectorWalkTests
{
    public static TheoryData<string, NetworkRole> Parts
    {
        get
        {
            var parts = new TheoryData<string, NetworkRole>();
            foreach (var kind in SampleMoves.Kinds)
            {
                foreach (var role in Enum.GetValues<NetworkRole>())
                {
                    if ((kind.Value with { Role = role }).Faults().Count == 0)
                        parts.Add(kind.Key, role);
                }
            }

            return parts;
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Each_step_done_twice_is_as_done_once(string kind, NetworkRole role)
    {
        await using var host = new Host(kind, role);
        await host.PrepareAsync();
        var prepared = host.Kernel.All;
        (await host.PrepareAsync()).ChangedAnything().ShouldBeFalse();
        host.Kernel.All.ShouldBe(prepared);
        await host.ActivateAsync();
        var activated = host.Kernel.All;
        (await host.ActivateAsync()).ChangedAnything().ShouldBeFalse();
        host.Kernel.All.ShouldBe(activated);
        await host.ReleaseAsync();
        var released = host.Kernel.All;
        (await host.ReleaseAsync()).ChangedAnything().ShouldBeFalse();
        host.Kernel.All.ShouldBe(released);
        host.Redirector.Open().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Roll_back_from_anywhere_puts_everything_back(string kind, NetworkRole role)
    {
        var changes = await CountAsync(kind, role);
        for (var fails = 0; fails <= changes; fails++)
        {
            await using var host = new Host(kind, role);
            var before = host.Kernel.All;
            host.Kernel.ChangesUntilFailure = fails;
            await SwallowAsync(host.PrepareAsync);
            await SwallowAsync(host.ActivateAsync);
            host.Kernel.ChangesUntilFailure = null;
            await host.RollBackAsync();
            host.Kernel.All.ShouldBe(before, $"after a failure at change {fails}");
            (await host.RollBackAsync()).ChangedAnything().ShouldBeFalse();
            host.Redirector.Open().ShouldBeEmpty();
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Step_that_failed_anywhere_is_done_again(string kind, NetworkRole role)
    {
        await using var smooth = new Host(kind, role);
        await smooth.PrepareAsync();
        await smooth.ActivateAsync();
        var changes = smooth.Kernel.Changes;
        for (var fails = 0; fails < changes; fails++)
        {
            await using var host = new Host(kind, role);
            host.Kernel.ChangesUntilFailure = fails;
            await AgainAsync(host.PrepareAsync);
            await AgainAsync(host.ActivateAsync);
            host.Kernel.All.ShouldBe(smooth.Kernel.All, $"after a failure at change {fails}");
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task Roll_back_that_failed_anywhere_is_done_again(string kind, NetworkRole role)
    {
        var changes = await CountAsync(kind, role);
        for (var fails = 0; fails < changes; fails++)
        {
            await using var host = new Host(kind, role);
            var before = host.Kernel.All;
            await host.PrepareAsync();
            await host.ActivateAsync();
            host.Kernel.ChangesUntilFailure = fails;
            await AgainAsync(host.RollBackAsync);
            host.Kernel.All.ShouldBe(before, $"after a failure at change {fails}");
        }
    }

    private static async Task<int> CountAsync(string kind, NetworkRole role)
    {
        await using var host = new Host(kind, role);
        await host.PrepareAsync();
        await host.ActivateAsync();
        return host.Kernel.Changes;
    }

    private static async Task SwallowAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (NetworkException e) when (e.Fault is NetworkFault.KernelUnclear or NetworkFault.NotPrepared)
        {
            // As the walk wants it.
        }
    }

    private static async Task AgainAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (NetworkException e) when (e.Fault is NetworkFault.KernelUnclear)
        {
            await step();
        }
    }

    private sealed class Host : IAsyncDisposable
    {
        private readonly NetworkMove _move;

        public Host(string kind, NetworkRole role)
        {
            _move = SampleMoves.Kinds[kind] with { Role = role };
            Redirector = new NetworkRedirector(
                new NetworkPlace(), new MemoryNotes(), new NoNames(), TimeProvider.System, () => Kernel);
            // What another machine, an operator or an earlier move left.
            if (_move.Spec.Bridge is { } bridge)
            {
                Kernel.Put(new LinkMac(bridge, new MacAddress(0x020000000042)));
                Kernel.Put(new PortEntry(bridge, _move.Spec.Mac!.Value, "uplink", IsStatic: false));
            }

            foreach (var address in _move.Spec.Addresses)
                Kernel.Put(new MachineRoute(address, address.IsV6, 254, "other", Via: null));
        }

        public FakeNetwork Kernel { get; } = new();

        public NetworkRedirector Redirector { get; }

        public Task<NetworkStepResult> PrepareAsync() => Redirector.PrepareAsync(_move, default);

        public Task<NetworkStepResult> ActivateAsync() => Redirector.ActivateAsync(_move, default);

        public Task<NetworkStepResult> RollBackAsync() => Redirector.RollBackAsync(_move, default);

        public Task<NetworkStepResult> ReleaseAsync() => Redirector.ReleaseAsync(_move, default);

        public ValueTask DisposeAsync() => Redirector.DisposeAsync();
    }

    private sealed class NoNames : INameUpdater
    {
        public Task UpdateAsync(DnsSpec name, IReadOnlyList<HostAddress> addresses, CancellationToken cancellation) =>
            Task.CompletedTask;
    }
}
