using System.Globalization;
using Fabric.Drivers.Qemu;
using Fabric.Host.Faults.Guest;

namespace Fabric.Host.Faults.Truth;

/// <summary>One process that held a copy of the guest, as seen from outside.</summary>
internal sealed class CopyTrack(string host, string directory)
{
    private readonly TaskCompletionSource _appeared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The host it is on.</summary>
    public string Host { get; } = host;

    /// <summary>Its files.</summary>
    public QemuDirectory Files { get; } = new(directory);

    /// <summary>Such as <c>host-b/e1-t4-a1</c>.</summary>
    public string Name => $"{Host}/{Path.GetFileName(Files.Path)}";

    /// <summary>When it executed the guest.</summary>
    public RunLog Runs { get; } = new();

    /// <summary>When it could write images.</summary>
    public DiskWriteLog DiskWrites { get; } = new();

    /// <summary>Whether it executes the guest now.</summary>
    public bool RunsNow => !Gone.IsCompleted && Runs.Intervals is [.., { To: null }];

    /// <summary>Whether its process can be talked to now.</summary>
    public bool IsAlive => Appeared.IsCompleted && !Gone.IsCompleted;

    /// <summary>What the guest wrote here.</summary>
    public ConsoleTail Console { get; } = new(Path.Combine(directory, "console.log"));

    /// <summary>Answers of the hypervisor so far.</summary>
    public int Samples { get; set; }

    /// <summary>Completes when its process can be talked to.</summary>
    public Task Appeared => _appeared.Task;

    /// <summary>The suite killed it.</summary>
    public bool KilledOnPurpose { get; set; }

    /// <summary>Its hypervisor's process, by the file that the hypervisor wrote; null when there is none.</summary>
    public int? ProcessId
    {
        get
        {
            try
            {
                var text = File.ReadAllText(Files.PidFile).Trim();
                return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>When its process was seen gone.</summary>
    public DateTimeOffset? GoneAt { get; private set; }

    /// <summary>Completes when its process is gone.</summary>
    public Task Gone => _gone.Task;

    public void NoteAppeared() => _appeared.TrySetResult();

    public void NoteGone(DateTimeOffset at)
    {
        GoneAt ??= at;
        _gone.TrySetResult();
    }
}
