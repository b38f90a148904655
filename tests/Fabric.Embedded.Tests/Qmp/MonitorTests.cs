using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Fabric.Drivers;
using Fabric.Drivers.Qmp;
using Fabric.Embedded.Tests.Migration;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Qmp;

public sealed class MonitorTests : IAsyncLifetime
{
    private readonly GuestLab _lab = new();
    private GuestProcess _guest = null!;

    private string Path => System.IO.Path.Combine(_lab.Root, "m.sock");

    public async Task InitializeAsync() => _guest = await GuestProcess.StartAsync(
        new GuestOptions
        {
            Vm = VmId.Of("vm1"),
            Program = new GuestProgramSpec(GuestProgramSpec.Idle, 1),
            MemoryBytes = 16 << 20,
            Monitors = [Path],
            Serial = System.IO.Path.Combine(_lab.Root, "s.sock"),
            Paused = true,
        },
        TimeProvider.System,
        _ => { });

    public async Task DisposeAsync()
    {
        await _guest.DisposeAsync();
        await _lab.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_is_executed_before_capabilities_are_agreed_on()
    {
        using var raw = await RawMonitor.ConnectAsync(Path);
        (await raw.HearAsync()).ShouldContain("\"QMP\"");
        (await raw.AskAsync("""{"execute":"query-status","id":"a"}""")).ShouldBe(
            """{"error":{"class":"CommandNotFound","desc":"Expecting capabilities negotiation with 'qmp_capabilities'"},"id":"a"}""",
            StringCompareShould.IgnoreLineEndings);
        (await raw.AskAsync("""{"execute":"qmp_capabilities","id":7}""")).ShouldBe("""{"return":{},"id":7}""");
        (await raw.AskAsync("""{"execute":"query-status","id":{"x":[1]}}""")).ShouldBe(
            """{"return":{"running":false,"singlestep":false,"status":"prelaunch"},"id":{"x":[1]}}""");
    }

    [Theory]
    [InlineData("no json", "JSON parse error")]
    [InlineData("[1]", "must be a JSON object")]
    [InlineData("{}", "lacks member 'execute'")]
    [InlineData("""{"execute":1}""", "must be a string")]
    [InlineData("""{"execute":"stop","execute":"cont"}""", "JSON parse error")]
    [InlineData("""{"execute":"stop","more":1}""", "'more' is unexpected")]
    [InlineData("""{"execute":"stop","arguments":[]}""", "must be an object")]
    [InlineData("""{"execute":"nonsense"}""", "nonsense has not been found")]
    [InlineData("""{"execute":"stop","arguments":{"now":true}}""", "'now' is unexpected")]
    [InlineData("""{"execute":"migrate"}""", "'uri' is missing")]
    [InlineData("""{"execute":"migrate","arguments":{"uri":5}}""", "expected: string")]
    [InlineData("""{"execute":"migrate","arguments":{"uri":"tcp:1:2"}}""", "unknown migration protocol")]
    [InlineData("""{"execute":"migrate-set-parameters","arguments":{"speed":1}}""", "'speed' is unexpected")]
    [InlineData("""{"execute":"migrate-set-parameters","arguments":{"downtime-limit":2000001}}""", "0 to 2000 seconds")]
    [InlineData("""{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":-1}}""", "max-bandwidth")]
    [InlineData("""{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"flying","state":true}]}}""", "flying")]
    [InlineData("""{"execute":"migrate-incoming","arguments":{"uri":"unix:/x"}}""", "'-incoming' was not specified")]
    [InlineData("""{"execute":"migrate-continue","arguments":{"state":"pre-switchover"}}""", "not in expected state: none")]
    [InlineData("""{"execute":"migrate-recover","arguments":{"uri":"unix:/x"}}""", "when postcopy is paused")]
    [InlineData("""{"execute":"migrate-pause"}""", "postcopy-active")]
    [InlineData("""{"execute":"migrate-start-postcopy"}""", "Enable postcopy")]
    [InlineData("""{"exec-oob":"query-status"}""", "does not support OOB")]
    public async Task Bad_command_is_refused_in_qemus_words_and_the_monitor_goes_on(string line, string why)
    {
        using var raw = await RawMonitor.ReadyAsync(Path);
        (await raw.AskAsync(line)).ShouldContain(why);
        (await raw.AskAsync("""{"execute":"query-version"}""")).ShouldContain("return");
    }

    // How many broken lines; a night has time for a million.
    private static int FuzzCount =>
        Environment.GetEnvironmentVariable("FABRIC_FUZZ") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : 5_000;

    [Fact]
    public async Task Each_of_many_broken_lines_gets_one_answer()
    {
        string[] good =
        [
            """{"execute":"query-status","id":1}""",
            """{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":1000000,"downtime-limit":3},"id":2}""",
            """{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"events","state":false}]}}""",
            """{"execute":"query-migrate-parameters"}""",
        ];
        using var raw = await RawMonitor.ReadyAsync(Path);
        var chance = new Random(20);
        for (var i = 0; i < FuzzCount; i++)
        {
            var line = Encoding.UTF8.GetBytes(good[chance.Next(good.Length)]);
            for (var changes = chance.Next(1, 4); changes > 0; changes--)
                line[chance.Next(line.Length)] = (byte)chance.Next(32, 256);
            await raw.SayAsync(line);
            var answer = await raw.HearAsync();
            using var parsed = JsonDocument.Parse(answer);
            (parsed.RootElement.TryGetProperty("error", out _) || parsed.RootElement.TryGetProperty("return", out _)).ShouldBeTrue(answer);
        }
    }

    [Fact]
    public async Task Endless_line_ends_the_connection_and_the_next_is_served()
    {
        using (var raw = await RawMonitor.ReadyAsync(Path))
            await raw.FloodAsync(1 << 20);
        using var next = await RawMonitor.ReadyAsync(Path);
        (await next.AskAsync("""{"execute":"query-name"}""")).ShouldContain("vm1");
    }

    [Fact]
    public async Task Quit_is_answered_and_ends_the_process()
    {
        await using var monitor = await QmpClient.ConnectAsync(Path, new QmpOptions(), TimeProvider.System, default);
        await monitor.ExecuteAsync("quit");
        (await _guest.Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(0);
        await _guest.DisposeAsync();
        (await monitor.Events.ReadAsync()).Name.ShouldBe("SHUTDOWN");
    }

    [Fact]
    public async Task Powered_down_guest_stands_and_cannot_be_continued()
    {
        await using var monitor = await QmpClient.ConnectAsync(Path, new QmpOptions(), TimeProvider.System, default);
        await monitor.ExecuteAsync("cont");
        await monitor.ExecuteAsync("system_powerdown");
        var names = new List<string>();
        while (names.LastOrDefault() is not "STOP")
            names.Add((await monitor.Events.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Name);
        names.ShouldBe(["RESUME", "SHUTDOWN", "STOP"]);
        (await monitor.ExecuteAsync("query-status")).GetProperty("status").GetString().ShouldBe("shutdown");
        (await Should.ThrowAsync<HypervisorException>(() => monitor.ExecuteAsync("cont"))).Fault.ShouldBe(HypervisorFault.Refused);
    }
}
