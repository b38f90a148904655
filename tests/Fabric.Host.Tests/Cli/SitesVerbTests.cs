using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Host.Tests.Api;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Cli;

public sealed class SitesVerbTests : IAsyncLifetime
{
    private static readonly SiteId East = SiteId.Of("east");
    private static readonly SiteId West = SiteId.Of("west");
    private static readonly WanLink Link = new(East, West, 25_000_000, 4);

    private readonly ApiFixture _at = new()
    {
        Sites = new SiteMap(
            new Dictionary<HostId, SiteId> { [HostId.Of("a")] = East, [HostId.Of("b")] = West, [HostId.Of("c")] = West },
            new Dictionary<string, WanLink>(StringComparer.Ordinal) { [Link.Name] = Link }),
    };

    public Task InitializeAsync() => _at.InitializeAsync();

    public Task DisposeAsync() => _at.DisposeAsync();

    [Fact]
    public async Task Sites_and_what_lies_between_them_are_shown()
    {
        await _at.HostAsync("a");
        await _at.HostAsync("b");
        await ProbeAsync("a", "b", answered: true);
        await _at.System.Entity(EntityKinds.Site, "west").Ask<SiteSight>(Describe.State, ApiFixture.HangGuard);
        await _at.System.Entity(EntityKinds.Host, "b").Ask<HostDescription>(Describe.State, ApiFixture.HangGuard);
        var cli = new CliRun(_at);
        (await cli.RunAsync("sites")).ShouldBe(0, cli.Error);
        var lines = cli.Out.Split('\n');
        lines[1].ShouldStartWith("east  up      a");
        lines[2].ShouldStartWith("west  partly  b, c (lost)");
        lines[5].ShouldStartWith("east~west  up");
        lines[5].ShouldContain("50.0 ms +- 25.0");
        lines[5].ShouldContain("200 Mbit/s  0 of 4");

        await ProbeAsync("a", "c", answered: true);
        for (var i = 0; i < 10; i++)
            await ProbeAsync("a", "b", answered: false);
        (await cli.RunAsync("sites --json")).ShouldBe(0, cli.Error);
        using var document = JsonDocument.Parse(cli.Out);
        var link = document.RootElement.GetProperty("links")[0];
        (link.GetProperty("name").GetString(), link.GetProperty("state").GetString()).ShouldBe(("east~west", "Degraded"));
        link.GetProperty("why").GetString().ShouldBe("10 of 12 questions of the last minute were not answered");
        link.GetProperty("paths").GetArrayLength().ShouldBe(2);
        document.RootElement.GetProperty("sites")[1].GetProperty("hosts")[0].GetProperty("endpoint").GetProperty("port")
            .GetInt32().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Without_sites_it_says_where_they_are_configured()
    {
        await using var at = await ApiFixture.StartAsync();
        var cli = new CliRun(at);
        (await cli.RunAsync("sites")).ShouldBe(0, cli.Error);
        cli.Out.ShouldStartWith("No sites are configured");
    }

    private Task ProbeAsync(string from, string to, bool answered) => _at.Coordinator.OnMessageAsync(
        HostId.Of(from), new LineProbed(Link.Name, HostId.Of(to), answered, answered ? 50 : null), CancellationToken.None)
        .AsTask();
}
