using Fabric.Protocol;

namespace Fabric.Host.Tests.Configuration;

public sealed class SiteSettingsTests : IDisposable
{
    private const string Sites = "fabric.sites { east { hosts = [alpha, beta] }, west { hosts = [gamma] } }\n";

    private readonly NodeFile _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void Without_sites_nothing_lies_between_two_hosts()
    {
        var sites = _node.Load("").Sites;
        sites.Links.ShouldBeEmpty();
        sites.Between(HostId.Of("alpha"), HostId.Of("gamma")).ShouldBeNull();
    }

    [Fact]
    public void A_link_has_its_budget_and_its_places()
    {
        var sites = _node.Load(
            Sites + "fabric.wan-links = [{ between = [west, east], bandwidth-max = 200mbit, migrations-max = 4 }]").Sites;
        sites.Between(HostId.Of("beta"), HostId.Of("gamma")).ShouldBe(
            new WanLink(SiteId.Of("west"), SiteId.Of("east"), 25_000_000, 4));
        sites.Between(HostId.Of("alpha"), HostId.Of("beta")).ShouldBeNull();
    }

    [Fact]
    public void What_is_left_out_is_no_limit() =>
        _node.Load(Sites + "fabric.wan-links = [{ between = [east, west] }]").Sites.Links.Values.ShouldHaveSingleItem()
            .ShouldBe(new WanLink(SiteId.Of("east"), SiteId.Of("west"), 0, 0));

    [Fact]
    public void Sites_between_which_nothing_is_named_have_a_link_without_limits()
    {
        var sites = _node.Load(
            Sites + "fabric.sites { north { hosts = [delta] } }\n"
            + "fabric.wan-links = [{ between = [west, east], migrations-max = 4 }]").Sites;
        sites.Links.Keys.Order(StringComparer.Ordinal).ShouldBe(["east~north", "east~west", "north~west"]);
        sites.Between(HostId.Of("alpha"), HostId.Of("gamma"))!.MigrationsMax.ShouldBe(4);
        sites.Between(HostId.Of("delta"), HostId.Of("gamma"))!.MigrationsMax.ShouldBe(0);
    }

    [Theory]
    [InlineData("fabric.sites { north { hosts = [alpha] } }", "fabric.sites.north.hosts", "host alpha is in site east already")]
    [InlineData("fabric.sites { North { hosts = [x] } }", "fabric.sites.North", "is not a site's name")]
    [InlineData("fabric.sites { north { hosts = [\"x y\"] } }", "fabric.sites.north.hosts", "is not a host's name")]
    [InlineData("fabric.sites { north { hosts = x } }", "fabric.sites.north.hosts", "must be a list of names")]
    [InlineData("fabric.sites { north { } }", "fabric.sites.north.hosts", "must be a list of names")]
    [InlineData("fabric.sites { north = 5 }", "fabric.sites.north", "must be an object")]
    [InlineData("fabric.sites { north { hosts = [x], host = [y] } }", "fabric.sites.north.host", "unknown key: here are hosts")]
    [InlineData("fabric.wan-links = [{ between = [east, wset] }]", "fabric.wan-links[0].between", "did you mean west?")]
    [InlineData("fabric.wan-links = [{ between = [east] }]", "fabric.wan-links[0].between", "must name two sites")]
    [InlineData("fabric.wan-links = [{ between = [east, east] }]", "fabric.wan-links[0].between", "names one site twice")]
    [InlineData("fabric.wan-links = [{ }]", "fabric.wan-links[0].between", "must be a list of names")]
    [InlineData("fabric.wan-links = [{ between = [east, west] }, { between = [west, east] }]", "fabric.wan-links[1]", "a second link")]
    [InlineData("fabric.wan-links = [{ between = [east, west], bandwidth = 1mbit }]", "fabric.wan-links[0].bandwidth", "unknown key")]
    [InlineData("fabric.wan-links = [{ between = [east, west], bandwidth-max = fast }]", "fabric.wan-links[0].bandwidth-max", "a rate such as 200mbit")]
    [InlineData("fabric.wan-links = [{ between = [east, west], bandwidth-max = 1kbit }]", "fabric.wan-links[0].bandwidth-max", "a rate such as 200mbit")]
    [InlineData("fabric.wan-links = [{ between = [east, west], migrations-max = -1 }]", "fabric.wan-links[0].migrations-max", "must be a whole number")]
    [InlineData("fabric.wan-links = [{ between = [east, west], migrations-max = 5000 }]", "fabric.wan-links[0].migrations-max", "up to 4096")]
    [InlineData("fabric.wan-links = { between = [east, west] }", "fabric.wan-links", "must be a list of objects")]
    public void A_site_or_link_that_makes_no_sense_is_refused_with_its_place(string added, string key, string says)
    {
        var error = _node.Errors(Sites + added).ShouldHaveSingleItem();
        error.Key.ShouldBe(key);
        error.Message.ShouldContain(says);
        error.Line.ShouldBe(NodeFile.Base.Count(c => c == '\n') + 2);
    }
}
