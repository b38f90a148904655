using Fabric.Host.Demo;
using Fabric.Host.Faults;
using Fabric.Host.Faults.Lab;
using Fabric.Testing;

namespace Fabric.Host.Tests.Faults;

public sealed class NodeProcessTests : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(5);

    private readonly TempDirectory _directory = new();
    private readonly ManualTime _time = new();

    private string Log => Path.Combine(_directory.Path, "log");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Killed_process_is_started_again_after_the_wait()
    {
        await using var node = Shell("echo up; exec sleep 1000");
        node.Start();
        await UntilLogHasAsync(1);
        (await node.KillAsync()).ShouldBeTrue();
        await _time.ArmedAsync(TimeSpan.FromSeconds(1)).WaitAsync(HangGuard);
        node.Starts.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await UntilLogHasAsync(2);
        node.Starts.ShouldBe(2);
        node.Failed.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Process_that_does_not_stay_up_is_a_failure_with_its_last_words()
    {
        await using var node = Shell("echo no such file; exit 1");
        node.Start();
        await UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return node.Failed.IsCompleted;
        });
        (await Should.ThrowAsync<LabException>(() => node.Failed)).Message.ShouldContain("no such file");
    }

    [Fact]
    public async Task Disposed_process_is_dead_and_stays_so()
    {
        var node = Shell("echo $$; exec sleep 1000");
        node.Start();
        await UntilLogHasAsync(1);
        var pid = File.ReadAllText(Log).Trim();
        await node.DisposeAsync();
        Directory.Exists($"/proc/{pid}").ShouldBeFalse();
        node.Starts.ShouldBe(1);
        (await node.KillAsync()).ShouldBeFalse();
    }

    private NodeProcess Shell(string script) => new("test", ["/bin/sh", "-c", script], Log, _time);

    private Task UntilLogHasAsync(int lines) =>
        UntilAsync(() => File.Exists(Log) && File.ReadAllLines(Log).Length == lines);

    // Another process gives no event to await.
    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (!isSo())
            await Task.Delay(LookEvery, guard.Token);
    }
}
