using Fabric.Host.Hocon.Syntax;
using Fabric.Protocol;

namespace Fabric.Host.Hocon.Resolve;

/// <summary>
/// Makes the tree of values. Evaluation is lazy and each place is evaluated once: a substitution may refer to
/// its own parents and to what stands later, and only a place that really needs itself is a cycle.
/// Work, recursion and the size of the result are bounded: a short file can ask for an exponential tree.
/// </summary>
internal sealed class Resolver(Func<string, string?> environment)
{
    private readonly List<string> _path = [];
    private LazyObject _root = new(default, []);
    private int _depth;
    private long _steps;
    private bool _lookedBackAtNothing;

    public HoconObject Run(IReadOnlyList<ObjectNode> layers)
    {
        var root = Open(layers[0]);
        foreach (var layer in layers.Skip(1))
            root = Merge(root, foreignLower: false, Open(layer), foreignUpper: false);
        _root = root;
        return (HoconObject)Finish(root);
    }

    private LazyObject Open(ObjectNode node)
    {
        var cells = new OrderedDictionary<string, Cell>(node.Fields.Count, StringComparer.Ordinal);
        foreach (var (key, value) in node.Fields)
            cells.Add(key, Cell.Of(value));
        Charge(node.Origin, cells.Count);
        return new LazyObject(node.Origin, cells);
    }

    private Lazy? Force(Cell cell, HoconOrigin asked)
    {
        var visible = cell.Visible;
        _lookedBackAtNothing |= visible == 0;
        if (cell.TryGet(visible, out var value))
            return value;
        Enter(asked);
        for (var i = visible - 1; i >= 0; i--)
        {
            cell.Enter(i);
            var layer = Evaluate(cell.Layers[i], out var foreign);
            cell.Leave();
            if (layer is null)
                continue;
            if (value is LazyObject upper && layer is LazyObject lower)
                value = Merge(lower, foreign, upper, foreignUpper: false);
            else
                value ??= foreign && layer is LazyObject o && i > 0 ? Import(o) : layer;
            if (layer is not LazyObject)
                break;
        }

        _depth--;
        cell.Set(visible, value);
        return value;
    }

    private Lazy? Evaluate(Node node, out bool foreign)
    {
        foreign = node is ReferenceNode or CellNode;
        return node switch
        {
            ScalarNode s => new LazyScalar(s.Value, s.IsSpace),
            ObjectNode o => Open(o),
            ArrayNode a => OpenArray(a),
            ReferenceNode r => Refer(r),
            CellNode c => Force(c.Cell, c.Origin),
            ConcatNode c => Concat(c),
            _ => throw new InvalidOperationException($"no such node here: {node.GetType().Name}"),
        };
    }

    private LazyArray OpenArray(ArrayNode node)
    {
        Charge(node.Origin, node.Items.Count);
        return new LazyArray(node.Origin, [.. node.Items.Select(Cell.Of)]);
    }

    private Lazy? Refer(ReferenceNode node)
    {
        Charge(node.Origin, 1);
        _lookedBackAtNothing = false;
        var own = node.PrefixLength == 0 ? node.Path : [.. node.Path.Skip(node.PrefixLength)];
        var found = Lookup(node.Path, node.Origin);
        if (found is null && node.PrefixLength > 0)
            found = Lookup(own, node.Origin);
        if (found is not null)
            return found;
        var cyclic = _lookedBackAtNothing;
        var name = HoconPath.Show(own);
        if (environment(own.Count == 1 ? own[0] : string.Join('.', own)) is { } text)
            return new LazyScalar(new HoconScalar(node.Origin, HoconScalarKind.Text, Unicode(text, node.Origin)));
        if (node.Optional)
            return null;
        throw Wrong(node.Origin, cyclic
            ? $"the substitution ${{{name}}} needs its own value: break the circle, or give it an earlier value"
            : $"the substitution ${{{name}}} is defined neither in the configuration nor in the environment: " +
              $"define it, or write ${{?{name}}} if it may be missing");
    }

    private string Unicode(string text, HoconOrigin origin) =>
        Lexer.LoneSurrogate(text) < 0 && text.Length <= Limits.Hocon.FileBytesMax ? text
            : throw Wrong(origin, "the environment variable holds no valid text");

    private Lazy? Lookup(IReadOnlyList<string> path, HoconOrigin asked)
    {
        Lazy? value = _root;
        foreach (var key in path)
        {
            if (value is not LazyObject o || !o.Cells.TryGetValue(key, out var cell))
                return null;
            value = Force(cell, asked);
        }

        return value;
    }

    private Lazy? Concat(ConcatNode node)
    {
        var parts = new List<(Lazy Value, bool Foreign)>();
        foreach (var part in node.Parts)
        {
            if (Evaluate(part, out var foreign) is { } value)
                parts.Add((value, foreign));
        }

        var solid = parts.FindAll(p => p.Value is not LazyScalar { IsSpace: true });
        if (solid.Count == 1 && solid[0].Value is not LazyScalar)
            return solid[0].Foreign && solid[0].Value is LazyObject only ? Import(only) : solid[0].Value;
        if (solid.TrueForAll(p => p.Value is LazyScalar))
            return parts.Count == 0 ? null : Text(node.Origin, parts);
        if (solid.TrueForAll(p => p.Value is LazyArray))
            return Items(node.Origin, solid);
        if (!solid.TrueForAll(p => p.Value is LazyObject))
            throw Wrong(node.Origin, Concatenation.Mixed);
        var all = (LazyObject)solid[0].Value;
        for (var i = 1; i < solid.Count; i++)
            all = Merge(all, i == 1 && solid[0].Foreign, (LazyObject)solid[i].Value, solid[i].Foreign);
        return all;
    }

    private LazyScalar Text(HoconOrigin origin, List<(Lazy Value, bool Foreign)> parts)
    {
        var texts = parts.ConvertAll(p => ((LazyScalar)p.Value).Value);
        if (texts.Count == 1)
            return new LazyScalar(texts[0]);
        var length = texts.Sum(t => (long)t.Text.Length);
        if (length > Limits.Hocon.FileBytesMax)
            throw Wrong(origin, $"a string of {length} characters is longer than {Limits.Hocon.FileBytesMax}");
        Charge(origin, 1 + (length / 64));
        return new LazyScalar(new HoconScalar(origin, HoconScalarKind.Text, string.Concat(texts.Select(t => t.Text))));
    }

    private LazyArray Items(HoconOrigin origin, List<(Lazy Value, bool Foreign)> parts)
    {
        var items = new List<Cell>();
        foreach (var (value, _) in parts)
        {
            Charge(origin, ((LazyArray)value).Items.Count);
            items.AddRange(((LazyArray)value).Items);
        }

        return new LazyArray(origin, items);
    }

    /// <summary>
    /// The upper's fields win. Layers written at this place are put on one pile, so that look-back sees them;
    /// what came through a substitution belongs to another place and stays one opaque layer.
    /// </summary>
    private LazyObject Merge(LazyObject lower, bool foreignLower, LazyObject upper, bool foreignUpper)
    {
        Charge(upper.Origin, lower.Cells.Count + upper.Cells.Count);
        var cells = new OrderedDictionary<string, Cell>(StringComparer.Ordinal);
        foreach (var (key, cell) in lower.Cells)
            cells.Add(key, foreignLower ? Imported(lower, cell) : cell);
        foreach (var (key, cell) in upper.Cells)
        {
            var own = foreignUpper ? Imported(upper, cell) : cell;
            if (cells.TryGetValue(key, out var below))
            {
                Charge(upper.Origin, below.Layers.Count + own.Layers.Count);
                cells[key] = new Cell([.. below.Layers, .. own.Layers]);
            }
            else
            {
                cells.Add(key, own);
            }
        }

        return new LazyObject(upper.Origin, cells);
    }

    private LazyObject Import(LazyObject foreign) =>
        Merge(new LazyObject(foreign.Origin, []), foreignLower: false, foreign, foreignUpper: true);

    private static Cell Imported(LazyObject owner, Cell cell) => new(new CellNode(owner.Origin, cell));

    private HoconValue Finish(Lazy lazy)
    {
        if (lazy.Done is { } done)
            return done;
        if (lazy.Busy)
            throw Wrong(lazy.Origin, "this value contains itself through a substitution: break the circle");
        Enter(lazy.Origin);
        lazy.Busy = true;
        lazy.Done = lazy switch
        {
            LazyScalar s => s.Value,
            LazyArray a => FinishArray(a),
            LazyObject o => FinishObject(o),
            _ => throw new InvalidOperationException($"no such value: {lazy.GetType().Name}"),
        };
        lazy.Busy = false;
        _depth--;
        if (lazy.Done.Weight > Limits.Hocon.WeightMax)
            throw Wrong(lazy.Origin,
                $"the substitutions here make more than {Limits.Hocon.WeightMax} values: use fewer");
        if (lazy.Done.Height > Limits.Hocon.NestingMax)
            throw Wrong(lazy.Origin, $"nested deeper than {Limits.Hocon.NestingMax} levels: use fewer levels");
        return lazy.Done;
    }

    private HoconArray FinishArray(LazyArray array)
    {
        var items = new List<HoconValue>(array.Items.Count);
        foreach (var cell in array.Items)
        {
            if (Force(cell, array.Origin) is { } item)
                items.Add(Finish(item));
        }

        return new HoconArray(array.Origin, items);
    }

    private HoconObject FinishObject(LazyObject o)
    {
        var fields = new OrderedDictionary<string, HoconValue>(o.Cells.Count, StringComparer.Ordinal);
        foreach (var (key, cell) in o.Cells)
        {
            _path.Add(key);
            if (Force(cell, o.Origin) is { } value)
                fields.Add(key, Finish(value));
            _path.RemoveAt(_path.Count - 1);
        }

        return new HoconObject(o.Origin, fields);
    }

    private void Enter(HoconOrigin at)
    {
        if (++_depth > Limits.Hocon.ResolveDepthMax)
            throw Wrong(at, $"a chain of more than {Limits.Hocon.ResolveDepthMax} substitutions: shorten it");
    }

    private void Charge(HoconOrigin at, long steps)
    {
        _steps += steps;
        if (_steps > Limits.Hocon.ResolveStepsMax)
            throw Wrong(at, $"resolving takes more than {Limits.Hocon.ResolveStepsMax} steps: use fewer substitutions");
    }

    private HoconException Wrong(HoconOrigin at, string problem) =>
        new(at, problem, _path.Count == 0 ? null : HoconPath.Show(_path));
}
