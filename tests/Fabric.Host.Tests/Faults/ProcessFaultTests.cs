using System.Diagnostics;
using Fabric.Host.Faults.Run;

namespace Fabric.Host.Tests.Faults;

/// <summary>Real processes of this test's own, and the kernel's own word on them.</summary>
public sealed class ProcessFaultTests : IDisposable
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Length = TimeSpan.FromMinutes(10);

    private readonly Process _victim = Process.Start(new ProcessStartInfo("/bin/sleep", ["600"]))!;
    private readonly CancellationTokenSource _mend = new();

    public void Dispose()
    {
        _victim.Kill();
        _victim.WaitForExit();
        _victim.Dispose();
        _mend.Dispose();
    }

    [Fact]
    public async Task A_stopped_process_goes_on_however_the_fault_ends()
    {
        var stopping = new ProcessFault([() => _victim.Id], TimeProvider.System).StopAsync(Length, _mend.Token);
        await UntilAsync(() => State() == 'T');
        await _mend.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => stopping.WaitAsync(HangGuard));
        await UntilAsync(() => State() == 'S');
    }

    [Fact]
    public async Task A_full_disk_lets_no_file_grow_and_has_room_again_afterwards()
    {
        var filling = new ProcessFault([() => _victim.Id], TimeProvider.System).FillDiskAsync(Length, _mend.Token);
        await UntilAsync(() => FileSizeLimit() is "0");
        await _mend.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => filling.WaitAsync(HangGuard));
        FileSizeLimit().ShouldBe("unlimited");
    }

    [Fact]
    public async Task A_process_that_takes_the_victim_s_place_is_not_spared()
    {
        using var next = Process.Start(new ProcessStartInfo("/bin/sleep", ["600"]))!;
        try
        {
            var now = _victim.Id;
            var stopping = new ProcessFault([() => now], TimeProvider.System).StopAsync(Length, _mend.Token);
            await UntilAsync(() => State() == 'T');
            now = next.Id;
            await UntilAsync(() => State(next.Id) == 'T');
            await _mend.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => stopping.WaitAsync(HangGuard));
            await UntilAsync(() => State(next.Id) == 'S' && State() == 'S');
        }
        finally
        {
            next.Kill();
            await next.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_process_that_is_gone_is_no_error()
    {
        _victim.Kill();
        await _victim.WaitForExitAsync();
        (await ProcessTool.SignalAsync(_victim.Id, "STOP")).ShouldBeFalse();
        (await ProcessTool.FillDiskAsync(_victim.Id)).ShouldBeFalse();
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var guard = new CancellationTokenSource(HangGuard);
        while (!isSo())
        {
            guard.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private char State(int? process = null)
    {
        var stat = File.ReadAllText($"/proc/{process ?? _victim.Id}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    private string FileSizeLimit() => File.ReadLines($"/proc/{_victim.Id}/limits")
        .First(l => l.StartsWith("Max file size", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
}
