using Fabric.Protocol;

namespace Fabric.Transport.Tests.Link;

/// <summary>What a cut makes a sender send again: what the path had not delivered, and not what was not acknowledged.</summary>
public class ReplayTests
{
    private const int Frame = 200_000;
    private const int Frames = 150;
    private const int Cuts = 6;

    // What the memory path holds: undelivered when the next connection takes the place of one that was cut.
    private const int Path = 64 * 1024;

    [Fact]
    public async Task A_cut_costs_what_was_on_the_path_and_no_frame_that_arrived()
    {
        await using var rig = new LinkRig(MemoryPath.Make, tls: false, new LinkTerms(HeartbeatMs: 0));
        rig.Making = (number, near, _) =>
        {
            // In the middle of a frame, with many before it that are not acknowledged yet.
            if (number is > 0 and < Cuts)
                near.CutAfter(1_111_111);
        };
        var (source, target) = await rig.OpenAsync();
        rig.Made.First().Source.CutAfter(1_111_111);
        await Traffic.BothWaysAsync(source, target, [.. Enumerable.Repeat(Frame, Frames)], [1]);
        rig.Dials.ShouldBe(Cuts);
        const long Once = ((long)Frame * Frames) + (Limits.Relay.HeaderSize * Frames);
        target.BytesReceived.ShouldBeInRange(Once, Once + (Cuts * 1_000), "nothing comes twice");
        source.BytesSent.ShouldBeLessThan(Once + (Cuts * (Path + 1_000)));
    }
}
