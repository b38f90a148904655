using Fabric.Host.Impair.Wire;

namespace Fabric.Host.Tests.Impair.Wire;

public sealed class FrameQueueTests
{
    [Fact]
    public void Frames_come_out_in_order_and_whole_however_often_the_ring_goes_round()
    {
        const int Largest = 40;
        var queue = new FrameQueue(bytesMax: 128, framesMax: 8);
        var random = new Random(11);
        var inside = new Queue<byte[]>();
        var (passed, refused) = (0, 0);
        for (var i = 0; i < 10_000; i++)
        {
            if (random.Next(2) == 0)
            {
                var room = queue.Room(Largest);
                if (room.IsEmpty)
                {
                    refused++;
                    continue;
                }

                var frame = new byte[random.Next(1, Largest + 1)];
                random.NextBytes(frame);
                frame.CopyTo(room);
                queue.Add(frame.Length, TimeSpan.FromTicks(i));
                inside.Enqueue(frame);
            }
            else if (inside.TryDequeue(out var expected))
            {
                queue.First.ToArray().ShouldBe(expected);
                queue.Drop();
                passed++;
            }

            queue.Count.ShouldBe(inside.Count);
        }

        passed.ShouldBeGreaterThan(3_000);
        refused.ShouldBeGreaterThan(100);
    }

    [Fact]
    public void Queue_without_a_place_for_one_more_frame_has_no_room()
    {
        var queue = new FrameQueue(bytesMax: 1_000, framesMax: 2);
        queue.Room(10).Length.ShouldBe(10);
        queue.Add(10, default);
        queue.Add(10, default);
        queue.Room(10).IsEmpty.ShouldBeTrue();
        queue.Drop();
        queue.Room(10).IsEmpty.ShouldBeFalse();
    }
}
