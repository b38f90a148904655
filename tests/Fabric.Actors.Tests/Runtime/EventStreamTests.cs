using Fabric.Actors.Runtime;

namespace Fabric.Actors.Tests.Runtime;

public sealed class EventStreamTests : RuntimeTest
{
    private readonly EventStream _stream = new();

    [Fact]
    public void Subscribers_get_their_type_and_what_derives_from_it_in_order()
    {
        using var animals = _stream.Subscribe<Animal>();
        using var dogs = _stream.Subscribe<Dog>();
        foreach (var e in (object[])[new Dog(1), new Cat(2), "text", new Dog(3)]) _stream.Publish(e);
        Drain(animals).ShouldBe([new Dog(1), new Cat(2), new Dog(3)]);
        Drain(dogs).ShouldBe([new Dog(1), new Dog(3)]);
    }

    [Fact]
    public void Slow_reader_loses_the_oldest_and_is_told_how_many()
    {
        using var dogs = _stream.Subscribe<Dog>(capacity: 2);
        for (var i = 0; i < 5; i++) _stream.Publish(new Dog(i));
        dogs.TakeMissed().ShouldBe(3);
        dogs.TakeMissed().ShouldBe(0);
        Drain(dogs).ShouldBe([new Dog(3), new Dog(4)]);
    }

    [Fact]
    public void Disposed_subscription_completes_its_reader()
    {
        var dogs = _stream.Subscribe<Dog>();
        _stream.Publish(new Dog(1));
        dogs.Dispose();
        _stream.Publish(new Dog(2));
        Drain(dogs).ShouldBe([new Dog(1)]);
        dogs.Reader.Completion.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void Subscribed_actor_gets_events_until_it_unsubscribes()
    {
        var actor = Spawn((_, message) => Note(message));
        var subscription = System.EventStream.Subscribe<Dog>(actor);
        System.EventStream.Publish(new Dog(1));
        subscription.Dispose();
        System.EventStream.Publish(new Dog(2));
        Idle();
        Diary.ShouldBe([$"{new Dog(1)}"]);
    }

    [Fact]
    public void Full_subscriber_to_dead_letters_does_not_make_more_of_them()
    {
        var actor = Spawn((_, _) => { }, mailbox: 1);
        System.EventStream.Subscribe<DeadLetter>(actor);
        for (var i = 0; i < 3; i++) System.DeadLetters.Tell(i);
        System.DeadLetterCount.ShouldBe(3);
    }

    private static List<T> Drain<T>(EventSubscription<T> subscription)
        where T : class
    {
        var all = new List<T>();
        while (subscription.Reader.TryRead(out var e)) all.Add(e);
        return all;
    }

    private abstract record Animal;

    private sealed record Dog(int Number) : Animal;

    private sealed record Cat(int Number) : Animal;
}
