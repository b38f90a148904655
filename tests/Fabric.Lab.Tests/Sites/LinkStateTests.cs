using System.Diagnostics;
using System.Text.Json;
using Fabric.Host.Demo;
using Fabric.Lab.Tests.Networks;

namespace Fabric.Lab.Tests.Sites;

/// <summary>The link between two sites, as real hosts measure it over the lab's WAN.</summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed class LinkStateTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _name = "t" + Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public void A_link_is_as_long_as_its_wan_is_down_when_that_is_cut_and_up_again_after_it()
    {
        using var told = JsonDocument.Parse(Run("up", "--name", _name, "--delay", "25ms"));
        var control = Path.Combine(told.RootElement.GetProperty("directory").GetString()!, "wan.ctl");
        var link = Await("Up");
        link.GetProperty("roundTripMsLeast").GetDouble().ShouldBeInRange(50, 60);
        link.GetProperty("timeoutMs").GetInt32().ShouldBeInRange(200, 1_000);
        link.GetProperty("held").GetBoolean().ShouldBeFalse();

        // Longer than it takes to be found: a question and two dials, 2 + 3 + 3 s, and what lies between them.
        Impair(control, "--cut", "16s");
        link = Await("Down");
        link.GetProperty("held").GetBoolean().ShouldBeTrue();
        link.GetProperty("why").GetString()!.ShouldContain(" to ");
        Connected().ShouldBe(4, "the coordinator reaches both sites by another way");
        Await("Up").GetProperty("held").GetBoolean().ShouldBeFalse();
    }

    public void Dispose() => Run("down", "--name", _name);

    private JsonElement Await(string state)
    {
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            using var sites = JsonDocument.Parse(Run("fabric", "sites", "--json"));
            var link = sites.RootElement.GetProperty("links")[0].Clone();
            if (string.Equals(link.GetProperty("state").GetString(), state, StringComparison.Ordinal))
                return link;
            Stopwatch.GetElapsedTime(began).ShouldBeLessThan(Patience, $"not {state}: {link.GetRawText()}");
        }
    }

    private int Connected()
    {
        using var hosts = JsonDocument.Parse(Run("fabric", "hosts", "--json"));
        return hosts.RootElement.GetProperty("hosts").EnumerateArray().Count(h => h.GetProperty("connected").GetBoolean());
    }

    private static void Impair(string control, params string[] settings) =>
        NetLab.Run("dotnet", [typeof(DemoCommand).Assembly.Location, "impair", "set", control, .. settings]);

    private string Run(string script, params string[] arguments) => NetLab.Run("env",
    [
        $"LAB={_name}", $"FABRIC_DLL={typeof(DemoCommand).Assembly.Location}",
        Path.Combine(LabEnvironment.Root, "deploy", "lab", script), .. arguments,
    ]);
}
