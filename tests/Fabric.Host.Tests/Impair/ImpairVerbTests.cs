using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fabric.Host.Cli;
using Fabric.Host.Impair;
using Fabric.Host.Tests.Cli;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Impair;

public sealed class ImpairVerbTests : IAsyncLifetime
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);

    private readonly TempDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();
    private ImpairCounters? _ended;
    private Task _running = Task.CompletedTask;

    private string Control => Path.Combine(_directory.Path, "wan.ctl");

    public async Task InitializeAsync()
    {
        var listens = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new ImpairOptions(
            new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(IPAddress.Loopback, 1),
            new ImpairSettings(TimeSpan.FromMilliseconds(25)), [], CutKind.Hold, Control, Seed: 1);
        _running = ImpairRun.RunAsync(options, TimeProvider.System, listens.SetResult, c => _ended = c, _stop.Token);
        (await listens.Task.WaitAsync(HangGuard)).ShouldBePositive();
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Running_proxy_is_changed_and_tells_its_counters()
    {
        var run = new CliRun();
        (await run.RunAsync($"impair set {Control} --rate 100mbit --loss 0.1% --cut 10s --json")).ShouldBe(ExitCode.Ok);
        var counters = Read(run.Out);
        counters.BytesPerSecond.ShouldBe(12_500_000);
        counters.Loss.ShouldBe(0.001);
        counters.DelayMs.ShouldBe(25);
        counters.IsCut.ShouldBeTrue();
        (await run.RunAsync($"impair show {Control}")).ShouldBe(ExitCode.Ok);
        run.Out.ShouldContain("100 Mbit/s, 25 ms one way, jitter 0 ms, loss 0.1%");
        run.Out.ShouldContain("1, one of them now");
        await _stop.CancelAsync();
        await _running;
        _ended!.Cuts.ShouldBe(1);
    }

    [Fact]
    public async Task Impossible_change_is_refused_and_changes_nothing()
    {
        var run = new CliRun();
        (await run.RunAsync($"impair set {Control} --delay 1h --rate 1mbit")).ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain("the delay is 0 to 5000 ms");
        (await run.RunAsync($"impair show {Control} --json")).ShouldBe(ExitCode.Ok);
        Read(run.Out).BytesPerSecond.ShouldBe(0);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{\"speed\":1}")]
    [InlineData("null")]
    [InlineData("{\"cutMs\":-5}")]
    [InlineData("{\"queueMs\":10}")]
    [InlineData("{\"cutMs\":5,\"cutWay\":\"There\"}")]
    [InlineData("{\"delayMs\":1e300}")]
    public async Task Nonsense_on_the_control_socket_is_answered_with_an_error(string line)
    {
        var answer = await AskRawAsync(Encoding.UTF8.GetBytes(line + "\n"));
        JsonDocument.Parse(answer).RootElement.GetProperty("error").GetString().ShouldNotBeNullOrEmpty();
        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Endless_line_is_answered_with_an_error_and_the_next_asker_is_served()
    {
        var answer = await AskRawAsync(new byte[Limits.Impair.ControlLineBytesMax]);
        answer.ShouldContain("a line of more than");
        await OthersAreServedAsync();
    }

    [Fact]
    public async Task Path_without_a_proxy_is_said_to_be_unreachable()
    {
        var run = new CliRun();
        (await run.RunAsync("impair show " + Path.Combine(_directory.Path, "none"))).ShouldBe(ExitCode.Unreachable);
        run.Error.ShouldContain("--control");
    }

    [Theory]
    [InlineData("impair --to 127.0.0.1:1", "--listen is needed")]
    [InlineData("impair --listen here --to 127.0.0.1:1", "'here' is not an address and a port")]
    [InlineData("impair --listen 127.0.0.1 --to 127.0.0.1:1", "is not an address and a port")]
    [InlineData("impair --listen 127.0.0.1:0 --to 127.0.0.1:1 --rate fast", "is not a rate")]
    [InlineData("impair --listen 127.0.0.1:0 --to 127.0.0.1:1 --loss 60%", "is not a share")]
    [InlineData("impair --listen 127.0.0.1:0 --to 127.0.0.1:1 --cut 30s", "write for instance 30s@10s")]
    [InlineData("impair --listen 127.0.0.1:0 --to 127.0.0.1:1 --delay 1h", "the delay is 0 to 5000 ms")]
    [InlineData("impair wire --a here --b e:wan0", "'here' is not a namespace and an interface")]
    [InlineData("impair wire --a e:wan0", "--b")]
    [InlineData("impair wire --a e:wan0 --b w:wan0 --queue 1h", "the queue is 0 to 5000 ms")]
    [InlineData("impair wire --a e:wan0 --b w:wan0 --cut-way up", "up")]
    public async Task Wrong_command_lines_are_refused_with_the_reason(string line, string reason)
    {
        var run = new CliRun();
        (await run.RunAsync(line)).ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain(reason);
    }

    [Fact]
    public async Task Wire_into_a_namespace_that_is_not_there_is_refused_by_its_name()
    {
        var run = new CliRun();
        (await run.RunAsync("impair wire --a no-such-place:wan0 --b no-such-place:wan1")).ShouldBe(ExitCode.Refused);
        run.Error.ShouldContain("no-such-place");
    }

    private async Task OthersAreServedAsync() =>
        (await ImpairControl.AskAsync(Control, new ImpairChange(), TimeProvider.System, CancellationToken.None))
            .Counters.ShouldNotBeNull();

    private async Task<string> AskRawAsync(byte[] bytes)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Control), guard.Token);
        await socket.SendAsync(bytes, guard.Token);
        var buffer = new byte[4096];
        var read = await socket.ReceiveAsync(buffer, guard.Token);
        return Encoding.UTF8.GetString(buffer, 0, read);
    }

    private static ImpairCounters Read(string text) =>
        JsonSerializer.Deserialize(text, ImpairJson.Default.ImpairCounters)!;
}
