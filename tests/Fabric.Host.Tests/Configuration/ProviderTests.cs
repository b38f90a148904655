using Fabric.Host.Configuration;
using Fabric.Host.Hocon;
using Microsoft.Extensions.Configuration;

namespace Fabric.Host.Tests.Configuration;

public sealed class ProviderTests : IDisposable
{
    private readonly TempDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void The_tree_is_flattened_to_keys_with_colons_and_indexes()
    {
        var root = Build("a { b = [x, {c : 1}], d = null }, e = [], f = ${HOME}, \"g.h\" = 2");

        root["a:b:0"].ShouldBe("x");
        root["a:b:1:c"].ShouldBe("1");
        root["a:d"].ShouldBeNull();
        root["f"].ShouldBe("/home/test");
        root["g.h"].ShouldBe("2");
        root.GetChildren().Select(c => c.Key).ShouldBe(["a", "e", "f", "g.h"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("a = 1\nA = 2", 2)]
    [InlineData("a.b = 1\n\"a:b\" = 2", 2)]
    public void Keys_that_would_hide_each_other_are_refused(string text, int line) =>
        Should.Throw<HoconException>(() => Build(text)).Origin.Line.ShouldBe(line);

    private IConfigurationRoot Build(string text) => new ConfigurationBuilder()
        .Add(new HoconConfigurationSource(_files.Write("x.conf", text), n => n is "HOME" ? "/home/test" : null))
        .Build();
}
