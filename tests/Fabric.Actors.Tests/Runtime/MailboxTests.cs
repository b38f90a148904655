using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

public sealed class MailboxTests : RuntimeTest
{
    [Fact]
    public void Messages_of_one_sender_arrive_in_order_and_one_at_a_time()
    {
        var inside = 0;
        var actor = System.ActorOf(Props.Create(() => new ProbeActor(async (_, message) =>
        {
            (++inside).ShouldBe(1);
            await Task.Yield();
            Note(message);
            inside--;
        })), "probe");
        for (var i = 0; i < 20; i++) actor.Tell(i).ShouldBe(TellResult.Accepted);

        Idle();

        Diary.ShouldBe(Enumerable.Range(0, 20).Select(i => $"{i}"));
    }

    [Fact]
    public void Full_mailbox_sends_the_rest_to_the_dead_letters_and_says_so_once_at_start_and_end()
    {
        var actor = Spawn((_, message) => Note(message), mailbox: 2);
        var results = Enumerable.Range(0, 5).Select(i => actor.Tell(i)).ToList();
        Idle();
        actor.Tell("later");
        Idle();

        results.ShouldBe([
            TellResult.Accepted, TellResult.Accepted,
            TellResult.MailboxFull, TellResult.MailboxFull, TellResult.MailboxFull]);
        Diary.ShouldBe(["0", "1", "later"]);
        System.DeadLetterCount.ShouldBe(3);
        Published<DeadLetter>().Select(d => d.Message).ShouldBe([2, 3, 4]);
        (Logged(1001), Logged(1002)).ShouldBe((1, 1));
        Logs.Entries.Single(e => e.Id == 1002).Text.ShouldContain("3 messages");
    }

    [Fact]
    public void TellAsync_waits_for_room_and_loses_nothing()
    {
        var actor = Spawn((_, message) => Note(message), mailbox: 1);

        Dispatcher.Run(async () =>
        {
            for (var i = 0; i < 10; i++) (await actor.TellAsync(i)).ShouldBe(TellResult.Accepted);
        }, Limit);
        Idle();

        Diary.Count.ShouldBe(10);
        System.DeadLetterCount.ShouldBe(0);
    }

    [Fact]
    public void TellAsync_ends_when_the_actor_stops_instead()
    {
        var actor = Spawn((self, _) => self.Context.Stop(self.Context.Self), mailbox: 1);
        var result = Dispatcher.Run(async () =>
        {
            await actor.TellAsync("stop");
            await actor.TellAsync("waits in the mailbox");
            return await actor.TellAsync("waits for room");
        }, Limit);
        result.ShouldBe(TellResult.Stopped);
    }

    [Fact]
    public void Stop_is_not_lost_to_a_full_mailbox_and_what_waits_goes_to_the_dead_letters()
    {
        var actor = Spawn((_, message) => Note(message), mailbox: 2);
        actor.Tell(1);
        actor.Tell(2);
        var stopped = System.StopAsync(actor);
        Idle();

        stopped.IsCompletedSuccessfully.ShouldBeTrue();
        Diary.ShouldBeEmpty();
        Published<DeadLetter>().Count.ShouldBe(2);
        actor.Tell(3).ShouldBe(TellResult.Stopped);
    }

    [Fact]
    public void Names_are_unique_among_the_living_and_free_again_after()
    {
        var first = Spawn((_, _) => { }, "same");
        Should.Throw<InvalidOperationException>(() => Spawn((_, _) => { }, "same"));
        _ = System.StopAsync(first);
        Idle();
        Spawn((_, _) => { }, "same").Tell(1).ShouldBe(TellResult.Accepted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("..")]
    [InlineData("a\n")]
    public void Names_that_could_be_misread_in_a_path_are_refused(string name)
    {
        Should.Throw<ArgumentException>(() => Spawn((_, _) => { }, name));
    }
}
