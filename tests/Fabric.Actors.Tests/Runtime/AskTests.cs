using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

public sealed class AskTests : RuntimeTest
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Reply_comes_back_to_the_asker()
    {
        var actor = Spawn((self, message) => self.Sender.Tell((int)message * 2));
        Dispatcher.Run(() => actor.Ask<int>(21, Second), Limit).ShouldBe(42);
        Dispatcher.Time.Elapsed.ShouldBe(TimeSpan.Zero, "no need to wait for the time-out");
    }

    [Fact]
    public void Silence_ends_in_a_timeout_that_says_who_what_and_how_long()
    {
        var actor = Spawn((_, _) => { });
        var timeout = Should.Throw<AskTimeoutException>(
            () => Dispatcher.Run(() => actor.Ask<int>("hello", Second), Limit));
        (timeout.Target, timeout.MessageType, timeout.Timeout).ShouldBe(("/user/probe", typeof(string), Second));
        timeout.Message.ShouldContain("unknown");
        Dispatcher.Time.Elapsed.ShouldBe(Second);
    }

    [Fact]
    public void Failure_as_reply_is_thrown_at_the_asker()
    {
        var actor = Spawn((self, _) => self.Sender.Tell(new Failure(new InvalidDataException("no"))));
        Should.Throw<InvalidDataException>(() => Dispatcher.Run(() => actor.Ask<int>(1, Second), Limit));
    }

    [Fact]
    public void Reply_of_another_type_is_an_error_and_not_a_timeout()
    {
        var actor = Spawn((self, _) => self.Sender.Tell("text"));
        Should.Throw<UnexpectedReplyException>(() => Dispatcher.Run(() => actor.Ask<int>(1, Second), Limit))
            .Reply.ShouldBe("text");
    }

    [Fact]
    public void Message_that_was_certainly_not_handled_is_refused_at_once_and_not_unknown()
    {
        var actor = Spawn((_, _) => { }, mailbox: 1);
        actor.Tell("fills the mailbox");
        var full = actor.Ask<int>(1, Second);
        _ = System.StopAsync(actor);
        Idle();
        var stopped = actor.Ask<int>(1, Second);

        Refusal(full).ShouldBe(TellResult.MailboxFull);
        Refusal(stopped).ShouldBe(TellResult.Stopped);
    }

    [Fact]
    public void Ask_that_waits_in_the_mailbox_of_a_stopping_actor_is_refused()
    {
        var actor = Spawn((_, _) => { });
        var ask = actor.Ask<int>(1, Second);
        _ = System.StopAsync(actor);
        Idle();
        Refusal(ask).ShouldBe(TellResult.Stopped);
    }

    [Fact]
    public void Second_and_late_replies_are_dead_letters()
    {
        IActorRef? asker = null;
        var actor = Spawn((self, _) => asker = self.Sender);
        var ask = actor.Ask<int>(1, Second);
        Advance(2);
        asker!.Tell(5).ShouldBe(TellResult.Stopped);

        ask.IsFaulted.ShouldBeTrue();
        Published<DeadLetter>().Single().Message.ShouldBe(5);
    }

    [Fact]
    public void Cancelled_ask_ends_at_once()
    {
        using var cancel = new CancellationTokenSource();
        var ask = Spawn((_, _) => { }).Ask<int>(1, Second, cancel.Token);
        Idle();
        cancel.Cancel();
        ask.IsCanceled.ShouldBeTrue();
        Dispatcher.Time.NextDue.ShouldBeNull("the timer is gone too");
    }

    [Fact]
    public void Reply_to_a_message_without_sender_is_a_dead_letter()
    {
        Spawn((self, _) => self.Sender.Tell("to whom?")).Tell(1);
        Idle();
        Published<DeadLetter>().Single().Message.ShouldBe("to whom?");
    }

    private static TellResult Refusal(Task task) =>
        task.Exception!.InnerException.ShouldBeOfType<AskRefusedException>().Reason;
}
