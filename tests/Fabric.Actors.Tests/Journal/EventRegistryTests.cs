using System.Text;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Actors.Tests.Journal;

public sealed class EventRegistryTests
{
    private static readonly StreamId Stream = new("migration", "m-1");

    [Fact]
    public void Old_name_is_led_to_the_newest_shape()
    {
        Read("test.added.v1", """{"amount":2}""").ShouldBe(new Added(2048));
    }

    [Fact]
    public void A_hand_over_of_before_its_bytes_were_noted_is_still_read()
    {
        const string old = """{"dead":true,"hypervisorDowntimeMs":30,"at":"2026-01-02T03:04:05+00:00"}""";
        var read = FabricEvents.Registry.Deserialize(
            Stream, 7, "migration.source-handed-off.v1", Encoding.UTF8.GetBytes(old));
        read.ShouldBe(new SourceHandedOff(true, 30, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{\"Bytes\":\"not a number\"}")]
    [InlineData("{\"Bytes\":1} trailing")]
    public void Bad_json_is_a_named_error_with_its_place(string json)
    {
        var corrupt = Should.Throw<CorruptEventException>(() => Read("test.added.v2", json));
        (corrupt.Stream, corrupt.Version).ShouldBe((Stream, 3L));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"amount\":\"x\"}")]
    public void Bad_json_under_an_upcaster_is_the_same_named_error(string json)
    {
        Should.Throw<CorruptEventException>(() => Read("test.added.v1", json));
    }

    [Fact]
    public void Type_name_in_the_json_chooses_nothing()
    {
        const string gadget = """{"$type":"System.Diagnostics.Process, System.Diagnostics.Process","Bytes":5}""";
        Read("test.added.v2", gadget).ShouldBe(new Added(5));
    }

    [Theory]
    [InlineData("test.added.v3")]
    [InlineData("Test.Added.V2")]
    [InlineData("Fabric.Actors.Tests.Journal.Added")]
    [InlineData("")]
    public void Unknown_name_is_a_named_error(string name)
    {
        Should.Throw<UnknownEventException>(() => Read(name, "{}")).Name.ShouldBe(name);
    }

    [Theory]
    [InlineData("added")]
    [InlineData("test.added")]
    [InlineData("test.added.v0")]
    [InlineData("Test.added.v1")]
    [InlineData("test.added.v1\n")]
    public void Name_without_a_version_cannot_be_registered(string name)
    {
        Should.Throw<ArgumentException>(() => EventRegistry.Create(e => e.Add(name, TestEventsJson.Default.Added)));
    }

    [Fact]
    public void Name_and_type_are_registered_once()
    {
        Should.Throw<ArgumentException>(() => EventRegistry.Create(e => e
            .Add("a.v1", TestEventsJson.Default.Added).Add("a.v1", TestEventsJson.Default.Opened)));
        Should.Throw<ArgumentException>(() => EventRegistry.Create(e => e
            .Add("a.v1", TestEventsJson.Default.Added).Add("b.v1", TestEventsJson.Default.Added)));
    }

    [Fact]
    public void Upcasters_that_lead_nowhere_or_in_a_circle_are_refused_at_start()
    {
        Should.Throw<InvalidOperationException>(() => EventRegistry.Create(e => e.Upcast("a.v1", "a.v2", j => j)))
            .Message.ShouldContain("a.v2");
        Should.Throw<InvalidOperationException>(() => EventRegistry.Create(e => e
            .Upcast("a.v1", "a.v2", j => j).Upcast("a.v2", "a.v1", j => j))).Message.ShouldContain("circle");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a\nb")]
    [InlineData("\u0430")]
    public void Stream_id_that_could_be_misread_is_refused(string id)
    {
        Should.Throw<ArgumentException>(() => new StreamId("vm", id));
    }

    private static object Read(string name, string json) =>
        TestEvents.Registry.Deserialize(Stream, 3, name, Encoding.UTF8.GetBytes(json));
}
