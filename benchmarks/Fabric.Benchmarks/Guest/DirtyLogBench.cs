using Fabric.Embedded.Guest;
using Fabric.Embedded.Memory;
using Fabric.Protocol;

namespace Fabric.Benchmarks.Guest;

/// <summary>Operations of a guest as fast as they go, with the log off and on by turns.</summary>
internal static class DirtyLogBench
{
    private const long Bytes = 128L << 20;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(60);

    /// <summary>Medians of operations a processor second without and with the log, and the median of what it takes.</summary>
    public static (double Off, double On, double Cost) Run(string program, int rounds)
    {
        using var memory = new GuestMemory(Bytes);
        var guest = new GuestSystem(memory, VmId.Of("bench"), new GuestProgramSpec(program, 1));
        while (!guest.HasBooted)
            guest.Operate();
        Rate(guest);
        var (off, on) = (new double[rounds], new double[rounds]);
        for (var i = 0; i < rounds; i++)
        {
            // The order turns, so that a drift of the machine's speed falls on both.
            foreach (var isOn in i % 2 == 0 ? new[] { false, true } : [true, false])
            {
                if (isOn)
                    memory.Dirty.Start();
                (isOn ? on : off)[i] = Rate(guest);
                memory.Dirty.Stop();
            }
        }

        return (BenchReport.Median(off), BenchReport.Median(on), BenchReport.Median(off.Zip(on, (without, with) => 1 - (with / without))));
    }

    // By processor time: what others do on the machine meanwhile is none of the guest's.
    private static double Rate(GuestSystem guest)
    {
        const int batch = 1024;
        var began = Environment.CpuUsage.TotalTime;
        var done = 0;
        TimeSpan taken;
        do
        {
            for (var i = 0; i < batch; i++)
                guest.Operate();
            done += batch;
            taken = Environment.CpuUsage.TotalTime - began;
        }
        while (taken < Slice);
        return done / taken.TotalSeconds;
    }
}
