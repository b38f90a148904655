using Microsoft.Extensions.Logging;

namespace Fabric.Actors.Runtime;

public sealed record ActorSystemOptions
{
    public required string Name { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    public IDispatcher Dispatcher { get; init; } = ThreadPoolDispatcher.Instance;

    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>Seeds the jitter of restarts. Two nodes want different seeds; null takes it from the name.</summary>
    public int? Seed { get; init; }

    /// <summary>Sees every message an actor is about to handle (path, message). For simulations and tests.</summary>
    public Action<string, object>? OnTurn { get; init; }
}
