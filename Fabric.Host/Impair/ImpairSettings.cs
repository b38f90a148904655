using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>What a line is like, the same in both directions.</summary>
/// <param name="Delay">One way; a round trip takes it twice.</param>
/// <param name="Jitter">Up to so much is added to each piece's delay; bytes of a connection stay in order.</param>
/// <param name="BytesPerSecond">Each direction, all connections together; 0 is as fast as it goes.</param>
/// <param name="Loss">Share of segments lost, 0 to 0.5.</param>
/// <param name="Queue">
/// Of a wire: what would wait longer than this for its turn is dropped. A proxy's connections bound it by themselves.
/// </param>
public sealed record ImpairSettings(
    TimeSpan Delay = default, TimeSpan Jitter = default, long BytesPerSecond = 0, double Loss = 0,
    TimeSpan Queue = default)
{
    /// <summary>A line that changes nothing.</summary>
    public static ImpairSettings None { get; } = new();

    /// <summary>Nothing is to be done to the bytes.</summary>
    public bool IsPlain => Delay == default && Jitter == default && BytesPerSecond == 0 && Loss == 0;

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Fault() => this switch
    {
        { Delay.TotalMilliseconds: < 0 or > Limits.Impair.DelayMsMax } =>
            $"the delay is 0 to {Limits.Impair.DelayMsMax} ms, not {Delay.TotalMilliseconds} ms",
        { Jitter.TotalMilliseconds: < 0 or > Limits.Impair.DelayMsMax } =>
            $"the jitter is 0 to {Limits.Impair.DelayMsMax} ms, not {Jitter.TotalMilliseconds} ms",
        { BytesPerSecond: not 0 and (< Limits.Impair.RateMin or > Limits.Impair.RateMax) } =>
            $"the rate is {Limits.Impair.RateMin} to {Limits.Impair.RateMax} bytes a second, or 0 for none",
        { Queue.TotalMilliseconds: < 0 or > Limits.Impair.QueueMsMax } =>
            $"the queue is 0 to {Limits.Impair.QueueMsMax} ms, not {Queue.TotalMilliseconds} ms",
        { Loss: not (>= 0 and <= Limits.Impair.LossMax) } => $"the loss is 0 to {Limits.Impair.LossMax:P0}",
        _ => null,
    };
}
