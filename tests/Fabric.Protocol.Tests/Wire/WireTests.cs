using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Fabric.Protocol.Tests.Wire;

/// <summary>
/// The wire only grows. <c>wire.txt</c> is what was approved: with <c>FABRIC_UPDATE_TRANSCRIPTS=1</c> it is written
/// anew, and a line that changes or goes is a break that old journals and old nodes will meet.
/// </summary>
public sealed class WireTests
{
    [Fact]
    public void Everything_on_the_wire_is_as_it_was_approved()
    {
        var now = string.Concat(Lines().Select(l => l + "\n"));
        if (Environment.GetEnvironmentVariable("FABRIC_UPDATE_TRANSCRIPTS") is "1")
        {
            File.WriteAllText(Path.Combine(SourceDirectory(), "wire.txt"), now);
            return;
        }

        now.ShouldBe(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Wire", "wire.txt")));
    }

    [Fact]
    public void Everything_that_was_approved_is_still_read_and_written_back_the_same()
    {
        foreach (var line in File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Wire", "wire.txt")))
        {
            var (name, json) = line.Split('\t', 2) is [var n, var j] ? (n, j) : throw new FormatException(line);
            var type = typeof(Order).Assembly.GetType($"Fabric.Protocol.{name}").ShouldNotBeNull(name);
            var info = ProtocolJson.Default.GetTypeInfo(type).ShouldNotBeNull(name);
            JsonSerializer.Serialize(JsonSerializer.Deserialize(json, info), info).ShouldBe(json);
        }
    }

    [Fact]
    public void Every_order_report_and_event_that_exists_has_a_sample()
    {
        Kinds(typeof(Order)).ShouldBe(Samples.Orders.Select(o => o.GetType().Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Kinds(typeof(Report)).ShouldBe(Samples.Reports.Select(o => o.GetType().Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Kinds(typeof(MigrationEvent)).Except(Kinds(typeof(SightEvent)), StringComparer.Ordinal)
            .Concat(Kinds(typeof(VmEvent)))
            .Concat(Kinds(typeof(CopyEvent)).Except(Kinds(typeof(CopySight)), StringComparer.Ordinal))
            .Order(StringComparer.Ordinal)
            .ShouldBe(Samples.Events.Select(o => o.GetType().Name).Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("""{"order":"no-such-order"}""")]
    [InlineData("""{"$type":"System.Object"}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("""{"order":"discard-target","stamp":{"vm":"../etc","term":1,"attempt":1,"epoch":1}}""")]
    [InlineData("""{"order":"observe","stamp":{"vm":"v1","epoch":"x"}}""")]
    public void What_is_not_an_order_is_refused(string json)
    {
        var refusal = Record.Exception(() => JsonSerializer.Deserialize(json, ProtocolJson.Default.Order));
        (refusal is JsonException or NotSupportedException).ShouldBeTrue();
    }

    [Fact]
    public void Members_of_a_newer_version_are_let_through() => JsonSerializer.Deserialize(
        """
        {"order":"discard-target","stamp":{"vm":"v1","migration":"v1-m4","term":4,"attempt":1,"epoch":7},"later":1}
        """,
        ProtocolJson.Default.Order).ShouldBe(
            new DiscardTarget(new Stamp(VmId.Of("v1"), MigrationId.Of("v1-m4"), 4, 1, 7)));

    [Fact]
    public void A_ticket_is_never_printed()
    {
        foreach (var text in Samples.Orders.OfType<BeginTransfer>().Select(o => o.ToString())
            .Concat(Samples.Reports.OfType<TargetReport>().Select(r => r.ToString())))
            text.ShouldNotContain("ticket", Case.Sensitive);
    }

    private static IEnumerable<string> Lines() =>
        Samples.Orders.Select(o => $"Order\t{JsonSerializer.Serialize(o, ProtocolJson.Default.Order)}")
            .Concat(Samples.Reports.Select(r => $"Report\t{JsonSerializer.Serialize(r, ProtocolJson.Default.Report)}"))
            .Concat(Samples.Events.Select(e =>
                $"{e.GetType().Name}\t{JsonSerializer.Serialize(e, ProtocolJson.Default.GetTypeInfo(e.GetType())!)}"));

    private static IEnumerable<string> Kinds(Type family) => family.Assembly.GetTypes()
        .Where(t => t.IsSubclassOf(family) && !t.IsAbstract).Select(t => t.Name).Order(StringComparer.Ordinal);

    private static string SourceDirectory([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
