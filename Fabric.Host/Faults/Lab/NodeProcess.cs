using System.Diagnostics;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// One node in a process of its own, kept running as a service manager would: when it ends, it is started again after
/// a short wait. It is only ever killed, never asked to stop: surviving that is its business.
/// </summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    /// <summary>As systemd's RestartSec=1.</summary>
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);

    // More ends than we caused: it cannot start, and its log says why.
    private const int UnaskedEndsMax = 3;

    private readonly IReadOnlyList<string> _command;
    private readonly string _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Process? _process;
    private Task _running = Task.CompletedTask;
    private int _asked;

    /// <param name="name">For messages.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="log">File to which its output is appended.</param>
    /// <param name="time">For the wait.</param>
    public NodeProcess(string name, IReadOnlyList<string> command, string log, TimeProvider time) =>
        (Name, _command, _log, _time) = (name, command, log, time);

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>The process that runs now; null between two.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_lock)
                return _process is { HasExited: false } process ? process.Id : null;
        }
    }

    /// <summary>How often it was started.</summary>
    public int Starts { get; private set; }

    /// <summary>Faults when it does not stay up though nobody kills it.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Starts it and begins to keep it running.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>kill -9; returns when it is dead. It will be started again.</summary>
    /// <returns>False when it was not running.</returns>
    public async Task<bool> KillAsync()
    {
        Process? process;
        lock (_lock)
        {
            process = _process;
            if (process is null or { HasExited: true })
                return false;
            _asked++;
            process.Kill();
        }

        await process.WaitForExitAsync();
        return true;
    }

    /// <summary>Ends it for good.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        lock (_lock)
        {
            if (_process is { HasExited: false } process)
                process.Kill();
        }

        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                using var process = StartOne();
                await process.WaitForExitAsync(CancellationToken.None);
                lock (_lock)
                    _process = null;
                if (Starts - _asked > UnaskedEndsMax)
                    throw new LabException($"Node {Name} ended {Starts - _asked} times by itself. Log: {LogTail()}");
                await Task.Delay(RestartDelay, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception e)
        {
            _failed.TrySetException(e);
        }
    }

    private Process StartOne()
    {
        // The shell only points the output to the log and becomes the program, so that its pid is the program's. A
        // write that the fault "disk full" refuses is to fail as on a full disk, and not to end the program by a
        // signal.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        const string script = "trap '' XFSZ; exec \"$@\" >>\"$0\" 2>&1 </dev/null";
        foreach (var argument in new[] { "-c", script, _log }.Concat(_command))
            start.ArgumentList.Add(argument);
        lock (_lock)
        {
            _stop.Token.ThrowIfCancellationRequested();
            Starts++;
            return _process = Process.Start(start)!;
        }
    }

    private string LogTail()
    {
        const int lines = 5;
        return File.Exists(_log) ? string.Join(" | ", File.ReadLines(_log).TakeLast(lines)) : "(none)";
    }
}
