using System.Text;

namespace Fabric.Host.Hocon.Syntax;

/// <summary>Joins the parts of a value as far as that needs no resolving.</summary>
internal static class Concatenation
{
    public const string Mixed = "strings, arrays and objects cannot be joined with each other: put a comma or a new " +
        "line between them, or quote the text";

    public static Node Join(HoconOrigin at, List<Node> parts, string? key)
    {
        if (parts.Count == 1)
            return parts[0];
        if (parts.TrueForAll(p => p is ScalarNode))
            return new ScalarNode(new HoconScalar(at, HoconScalarKind.Text, Text(parts)));
        var solid = parts.FindAll(p => p is not ScalarNode { IsSpace: true });
        if (solid.TrueForAll(p => p is ArrayNode))
            return new ArrayNode(at, [.. solid.SelectMany(p => ((ArrayNode)p).Items)]);
        if (solid.TrueForAll(p => p is ObjectNode))
        {
            var all = new ObjectNode(at);
            foreach (var part in solid)
                all.PutAll((ObjectNode)part);
            return all;
        }

        var kinds = solid.Where(p => p is not ReferenceNode).Select(p => p.GetType()).Distinct().Count();
        return kinds <= 1 ? new ConcatNode(at, parts) : throw new HoconException(at, Mixed, key);
    }

    private static string Text(List<Node> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(((ScalarNode)part).Value.Text);
        return text.ToString();
    }
}
