namespace Fabric.Host.Hocon.Syntax;

/// <summary>Fields of an object. Duplicate keys are merged as they arrive, as far as that needs no resolving.</summary>
internal sealed class ObjectNode(HoconOrigin origin) : Node(origin)
{
    private readonly OrderedDictionary<string, Node> _fields = new(StringComparer.Ordinal);
    private bool _hasReferences;

    public IReadOnlyDictionary<string, Node> Fields => _fields;

    public override bool HasReferences => _hasReferences;

    public void Put(IReadOnlyList<string> path, Node value)
    {
        for (var i = path.Count - 1; i > 0; i--)
        {
            var outer = new ObjectNode(value.Origin);
            outer.Put(path[i], value);
            value = outer;
        }

        Put(path[0], value);
    }

    public void Put(string key, Node value)
    {
        if (_fields.TryGetValue(key, out var old))
            value = Merge(old, value);
        _fields[key] = value;
        _hasReferences |= value.HasReferences;
    }

    public void PutAll(ObjectNode other)
    {
        foreach (var (key, value) in other._fields)
        {
            if (value is StackNode stack)
            {
                foreach (var layer in stack.Layers)
                    Put(key, layer);
            }
            else
            {
                Put(key, value);
            }
        }
    }

    public override void Reroot(IReadOnlyList<string> prefix)
    {
        if (!_hasReferences)
            return;
        foreach (var value in _fields.Values)
            value.Reroot(prefix);
    }

    private static Node Merge(Node old, Node value)
    {
        if (value is ObjectNode upper)
        {
            var lower = old as ObjectNode ?? (old as StackNode)?.Layers[^1] as ObjectNode;
            if (lower is not null)
            {
                lower.PutAll(upper);
                return old;
            }
        }

        // What hides everything below it needs no history: a hidden substitution is never even looked at.
        var hides = value is not ObjectNode || !old.HasReferences;
        if (hides && !value.HasReferences)
            return value;
        var stack = old as StackNode ?? new StackNode(old);
        stack.Push(value);
        return stack;
    }
}
