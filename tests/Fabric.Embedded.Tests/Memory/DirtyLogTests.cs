using System.Runtime.InteropServices;
using Fabric.Embedded.Memory;

namespace Fabric.Embedded.Tests.Memory;

public sealed class DirtyLogTests
{
    private const int Pages = 200;
    private const int Writes = 400_000;

    [Fact]
    public void Copy_that_is_kept_up_by_the_log_equals_memory_in_the_end()
    {
        using var memory = new GuestMemory(Pages * 4096L);
        using var copy = new GuestMemory(Pages * 4096L);
        memory.Dirty.Start();
        var writer = new Thread(() => Write(memory));
        writer.Start();
        var taken = new PageBitmap(Pages);
        bool isAlive;
        do
        {
            isAlive = writer.IsAlive;
            memory.Dirty.TakeInto(taken);
            for (var page = 0; page < Pages; page++)
            {
                if (taken[page])
                    memory.Page(page).CopyTo(copy.Page(page));
            }

            taken.Clear();
        }
        while (isAlive);
        for (var page = 0; page < Pages; page++)
            copy.Page(page).SequenceEqual(memory.Page(page)).ShouldBeTrue($"page {page}");
    }

    [Fact]
    public void Log_that_is_off_notes_nothing_and_one_that_is_started_begins_empty()
    {
        var log = new DirtyLog(100);
        log.Mark(7);
        log.Count().ShouldBe(0);
        log.Start();
        log.Mark(7);
        log.Mark(99);
        log.Count().ShouldBe(2);
        var taken = new PageBitmap(100);
        log.TakeInto(taken).ShouldBe(2);
        taken[99].ShouldBeTrue();
        log.Count().ShouldBe(0);
        log.Mark(1);
        log.Stop();
        log.Start();
        log.Count().ShouldBe(0);
    }

    private static void Write(GuestMemory memory)
    {
        ulong chance = 1;
        for (var i = 1; i <= Writes; i++)
        {
            chance = (chance * 6364136223846793005) + 1442695040888963407;
            var page = (int)(chance >> 33) % Pages;
            var words = MemoryMarshal.Cast<byte, int>(memory.Page(page));
            words[0] = i;
            words[^1] = i;
            memory.Changed(page);
        }
    }
}
