using Fabric.Host.Faults.Guest;
using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Tests.Faults;

/// <summary>Moments, runs and copies, told in milliseconds.</summary>
internal static class Clock
{
    private static readonly DateTimeOffset Zero = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset At(double milliseconds) => Zero.AddMilliseconds(milliseconds);

    public static RunInterval Run(double from, double? to) => new(At(from), to is { } end ? At(end) : null);

    public static DiskWriting Writing(string image, double from, double to) => new(image, "/d/" + image, At(from), At(to));

    public static Heartbeat Beat(long seq, double at, long bad = 0) => new(seq, seq / 10.0, seq * 40, bad, At(at));

    public static CopyRecord Copy(string name, bool isAlive, RunInterval[] runs, params Heartbeat[] beats) =>
        new(name, name.Split('/')[0], isAlive, runs, beats, 1);
}
