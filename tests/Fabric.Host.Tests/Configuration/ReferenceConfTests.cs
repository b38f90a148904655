using Fabric.Host.Configuration;
using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Configuration;

/// <summary>Holds reference.conf and the code that reads it together.</summary>
public class ReferenceConfTests
{
    [Fact]
    public void Every_key_is_read_and_every_key_read_is_there()
    {
        var tree = ReferenceConf.Document().Resolve(_ => null);
        var reader = new SettingsReader(tree, NodeSettings.Root, "node.conf");
        NodeSettingsBinder.Read(reader);

        reader.KeysRead.Order(StringComparer.Ordinal).ShouldBe(Leaves("", tree).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_only_errors_of_the_defaults_are_what_a_node_must_set()
    {
        var reader = new SettingsReader(ReferenceConf.Document().Resolve(_ => null), NodeSettings.Root, "node.conf");
        NodeSettingsBinder.Read(reader);

        reader.Errors.Select(e => e.Key).ShouldBe(
            ["fabric.node.name", "fabric.node.roles", "fabric.tls.ca", "fabric.tls.cert", "fabric.tls.key"]);
    }

    [Fact]
    public void Every_key_has_a_comment_right_above_it()
    {
        var lines = ReferenceConf.Text().Split('\n').Select(l => l.Trim()).ToList();
        for (var i = 1; i < lines.Count; i++)
        {
            if (lines[i].Contains(" = ", StringComparison.Ordinal) && !lines[i].StartsWith('#'))
                lines[i - 1].ShouldStartWith("#", customMessage: lines[i]);
        }
    }

    private static IEnumerable<string> Leaves(string path, HoconValue value) => value is HoconObject { Fields.Count: > 0 } o
        ? o.Fields.SelectMany(f => Leaves(path.Length == 0 ? f.Key : $"{path}.{f.Key}", f.Value))
        : [path];
}
