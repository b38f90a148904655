using System.Threading.Channels;
using Fabric.Actors.Agent;
using Fabric.Drivers;
using Fabric.Drivers.Network;
using Fabric.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Actors.Tests.Agent;

/// <summary>Where a copy's effects meet its network: what fails before anything has moved is told and stops it.</summary>
public sealed class NetworkCopyHandsTests : IAsyncDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private static readonly Stamp Attempt = new(VmId.Of("web"), MigrationId.Of("web-m4"), 4, 1, 1);
    private static readonly NetworkEnds Ends = new(
        new NetworkEnd(HostId.Of("a"), HostAddress.Of("10.9.0.1")), new NetworkEnd(HostId.Of("b"), HostAddress.Of("10.9.0.2")))
    {
        Tunnel = 7,
    };

    private static readonly VmSpec Spec = new()
    {
        Id = Attempt.Vm,
        MemoryKiB = 131_136,
        Network = new NetworkSpec
        {
            Kind = NetworkKind.Routed,
            Mac = MacAddress.Of("52:54:00:aa:00:01"),
            Addresses = [HostAddress.Of("10.1.0.7")],
            Tap = "vweb",
            GatewayMac = MacAddress.Of("02:00:00:00:00:01"),
        },
    };

    private static readonly AgentOptions Options = new()
    {
        Host = HostId.Of("a"),
        MachinesDirectory = Directory.CreateTempSubdirectory("fabric-net-").FullName,
        Advertised = new DataEndpoint("127.0.0.1", 7601),
        MemoryLimitBytes = 1L << 30,
    };

    private static readonly BeginTransfer Begin = new(
        Attempt, HostId.Of("b"), new DataEndpoint("b", 1), "ticket", new TransferPolicy(0, 300));

    private readonly List<string> _calls = [];
    private readonly ScriptedRedirector _redirector;
    private readonly ScriptedHypervisor _hypervisor = new();
    private readonly Channel<CopyInput> _told = Channel.CreateBounded<CopyInput>(16);
    private readonly Channel<Report> _reports = Channel.CreateBounded<Report>(16);
    private readonly CopyHands _hands;

    public NetworkCopyHandsTests()
    {
        _redirector = new ScriptedRedirector(_calls);
        var tools = new AgentTools(
            Options, _hypervisor, new HostCapacity(Options), null!, null!, null!, null!, TimeProvider.System,
            NullLogger.Instance)
        {
            Network = new NetworkTools(_redirector, HostAddress.Of("10.9.0.1"), []),
        };
        _hands = new CopyHands(
            tools, Spec.Id, (_, input) => _told.Writer.WriteAsync(input), report => _reports.Writer.TryWrite(report));
    }

    public ValueTask DisposeAsync() => _hands.DisposeAsync();

    [Fact]
    public async Task An_unfit_network_is_reported_with_the_other_obstacles()
    {
        _redirector.Failing.Add(NetworkStep.Precheck);
        _hands.Run(
            new RunPrecheck(new Precheck(Attempt, Side.Source, Spec) { Network = Ends }, FailureReason.VmNotRunning), TimeSpan.Zero);
        using var guard = new CancellationTokenSource(HangGuard);
        var report = (PrecheckReport)await _reports.Reader.ReadAsync(guard.Token);
        report.Obstacles.Select(o => o.Reason).ShouldBe([FailureReason.VmNotRunning, FailureReason.NetworkUnfit]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_is_not_started_where_its_network_cannot_be_prepared(bool incoming)
    {
        _redirector.Failing.Add(NetworkStep.Prepare);
        _hands.Run(
            incoming
                ? new StartIncoming(Spec, "web/e1-t4-a1", Attempt with { Vm = Spec.Id }, HostId.Of("b"))
                {
                    Network = new NetworkEnds(Ends.Target, Ends.Source) { Tunnel = 7 },
                }
                : new StartMachine(Spec, "web/e1"),
            TimeSpan.Zero);
        var failed = await UntilAsync<MachineFailedToStart>();
        failed.Reason.ShouldBe(FailureReason.NetworkFailed);
        failed.Detail.ShouldContain("Mend it.");
        _hypervisor.Started.ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_sent_where_the_source_s_network_cannot_be_prepared_and_the_guest_runs_on()
    {
        _hands.Run(new StartMachine(Spec, "web/e1"), TimeSpan.Zero);
        await UntilAsync<MachineSeen>();
        _redirector.Failing.Add(NetworkStep.Prepare);
        _hands.Run(
            new StartSending("web/e1", Begin with { Network = Ends }), TimeSpan.Zero);
        (await UntilAsync<TransferBroke>()).Reason.ShouldBe(FailureReason.NetworkFailed);
    }

    [Fact]
    public async Task A_guest_runs_though_its_network_does_not_turn_and_that_is_said()
    {
        _hands.Run(new StartMachine(Spec, "web/e1"), TimeSpan.Zero);
        await UntilAsync<MachineSeen>();
        _redirector.Failing.Add(NetworkStep.Activate);
        _hands.Run(new RunMachine("web/e1"), TimeSpan.Zero);
        var look = (await UntilAsync<MachineSeen>()).Look;
        look.Run.ShouldBe(RunState.Running);
        look.Activation!.NetworkMs.ShouldNotBeNull();
        look.Activation.NetworkAlarm!.ShouldContain("as the test says");
    }

    private async Task<T> UntilAsync<T>()
        where T : CopyInput
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (true)
        {
            if (await _told.Reader.ReadAsync(guard.Token) is T input)
                return input;
        }
    }
}
