using Fabric.Embedded.Guest;
using Fabric.Embedded.Memory;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Guest;

/// <summary>Guests without a process around them.</summary>
internal static class Guests
{
    public const long Bytes = 16L << 20;

    public static TheoryData<string> Programs => [.. GuestProgramSpec.All];

    public static GuestSystem New(string program, ulong seed = 1, string vm = "vm1", long bytes = Bytes) =>
        new(new GuestMemory(bytes), VmId.Of(vm), new GuestProgramSpec(program, seed));

    public static GuestSystem Booted(string program, ulong seed = 1)
    {
        var guest = New(program, seed);
        while (!guest.HasBooted)
            guest.Operate();
        return guest;
    }

    public static void Run(GuestSystem guest, int operations)
    {
        for (var i = 0; i < operations; i++)
            guest.Operate();
    }

    public static ulong Fingerprint(GuestSystem guest)
    {
        var sum = guest.Registers.Digest;
        for (var page = 0; page < guest.Memory.Pages; page++)
            foreach (var word in guest.Memory.Words(page))
                sum = PageFormat.Mix(sum ^ word);
        return sum;
    }
}
