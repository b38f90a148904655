using Fabric.Protocol;

namespace Fabric.Drivers.Qmp;

/// <summary>How one monitor is used.</summary>
public sealed record QmpOptions
{
    /// <summary>Asks for out-of-band commands, which are executed even while the main loop hangs.</summary>
    public bool OutOfBand { get; init; }

    /// <summary>For connecting, the greeting and the first command.</summary>
    public TimeSpan GreetingTimeout { get; init; } = TimeSpan.FromMilliseconds(Limits.Qemu.GreetingTimeoutMs);

    /// <summary>For an answer, unless a command brings its own.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMilliseconds(Limits.Qemu.CommandTimeoutMs);

    /// <summary>Bytes of one line.</summary>
    public int LineBytesMax { get; init; } = Limits.Qemu.LineBytesMax;

    /// <summary>Commands waiting for an answer.</summary>
    public int PendingMax { get; init; } = Limits.Qemu.PendingCommandsMax;

    /// <summary>Events waiting for their reader.</summary>
    public int EventsMax { get; init; } = Limits.Qemu.EventsMax;

    /// <summary>Told of what was ignored, such as an answer to nothing; for a log.</summary>
    public Action<string>? Note { get; init; }
}
