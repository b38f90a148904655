using System.Reflection;
using System.Text.RegularExpressions;
using Fabric.Actors.Agent;
using Fabric.Drivers;
using Fabric.Embedded;
using Fabric.Protocol;
using Fabric.Transport.Relay;

namespace Fabric.Host.Tests.House;

/// <summary>Who may know whom, and what the part that decides may not do.</summary>
public sealed partial class HouseTests
{
    private static readonly Dictionary<string, (Assembly Assembly, string[] May)> Houses = new(StringComparer.Ordinal)
    {
        ["Fabric.Protocol"] = (typeof(MigrationMachine).Assembly, []),
        ["Fabric.Transport"] = (typeof(SourceRelay).Assembly, ["Fabric.Protocol"]),
        ["Fabric.Drivers"] = (typeof(IHypervisor).Assembly, ["Fabric.Protocol"]),
        ["Fabric.Embedded"] = (typeof(GuestProcess).Assembly, ["Fabric.Protocol", "Fabric.Transport"]),
        ["Fabric.Actors"] = (typeof(HostAgent).Assembly, ["Fabric.Protocol", "Fabric.Transport", "Fabric.Drivers"]),
    };

    private static readonly string[] PureReferences =
    [
        "System.Runtime", "System.Collections", "System.Linq", "System.Memory", "System.Text.Json", "System.Console",
        "System.Collections.Immutable", "System.Text.Encodings.Web", "System.Runtime.InteropServices",
        "System.Net.Primitives", // IPAddress, which reads and writes addresses; sockets are in another
    ];

    public static TheoryData<string> Names() => [.. Houses.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_project_knows_only_those_below_it(string name)
    {
        var (assembly, may) = Houses[name];
        assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(a => a.StartsWith("Fabric.", StringComparison.Ordinal))
            .Except(may, StringComparer.Ordinal).ShouldBeEmpty();
    }

    [Fact]
    public void The_protocol_is_linked_against_nothing_that_could_do_something() =>
        typeof(MigrationMachine).Assembly.GetReferencedAssemblies().Select(a => a.Name!)
            .Except(PureReferences, StringComparer.Ordinal).ShouldBeEmpty();

    [Fact]
    public void The_protocol_does_not_wait_read_clocks_throw_dice_or_touch_files() =>
        Repository.Sources("Fabric.Protocol")
            .SelectMany(file => File.ReadLines(file).Where(
                line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
                .Where(line => Impure().IsMatch(line))
                .Select(line => $"{Repository.Relative(file)}: {line.Trim()}"))
            .ShouldBeEmpty();

    [Fact]
    public void Nothing_in_the_product_is_unbounded_or_reads_the_wall_clock_behind_its_callers_back() =>
        Repository.Sources("Fabric.Protocol", "Fabric.Transport", "Fabric.Drivers", "Fabric.Embedded", "Fabric.Actors", "Fabric.Host")
            .SelectMany(file => File.ReadLines(file).Where(line => Loose().IsMatch(line))
                .Select(line => $"{Repository.Relative(file)}: {line.Trim()}"))
            .ShouldBeEmpty();

    [Fact]
    public void Files_are_short()
    {
        var product = Repository.Sources(
            "Fabric.Protocol", "Fabric.Transport", "Fabric.Drivers", "Fabric.Embedded", "Fabric.Actors", "Fabric.Host");
        product.Where(file => File.ReadLines(file).Count() > 600).Select(Repository.Relative).ShouldBeEmpty();
        Repository.Sources("tests").Where(file => File.ReadLines(file).Count() > 900).Select(Repository.Relative)
            .ShouldBeEmpty();
    }

    [GeneratedRegex(
        @"\b(async|await|Task<|ValueTask|Socket\b|File\.|Random\b|UtcNow|DateTime\.Now|Guid\.NewGuid|Stopwatch|" +
        @"Environment\.)",
        RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Impure();

    [GeneratedRegex(
        @"CreateUnbounded|DateTime(Offset)?\.(Utc)?Now|new Random\(\)|Thread\.Sleep|async void",
        RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Loose();
}
