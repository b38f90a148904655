using System.Text.Json.Nodes;
using Fabric.Protocol;

namespace Fabric.Drivers.Qemu;

/// <summary>
/// Slowing a guest by order. QEMU has no such order: its auto-converge slows a guest by itself, when it dirtied more than
/// some share of what was sent in two periods of a second. So its own judgement is taken away by the parameters: until
/// the order the share is as high and the step as small as they go, and after it any dirtying is too much and the first
/// step goes all the way.
/// </summary>
internal static class QemuThrottle
{
    private const int ShareMost = 100;

    /// <summary>Until there is an order: a hundredth at most.</summary>
    public static JsonObject Waiting() => Of(1, ShareMost);

    /// <summary>From now on so much.</summary>
    public static JsonObject At(int percent) =>
        Of(Math.Clamp(percent, 1, Limits.Convergence.ThrottleMax), 1);

    private static JsonObject Of(int percent, int share) => new()
    {
        ["throttle-trigger-threshold"] = share,
        ["cpu-throttle-initial"] = percent,
        ["cpu-throttle-increment"] = percent,
        ["max-cpu-throttle"] = percent,
    };
}
