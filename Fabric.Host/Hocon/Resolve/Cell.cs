using Fabric.Host.Hocon.Syntax;

namespace Fabric.Host.Hocon.Resolve;

/// <summary>
/// A place in the tree that holds a value: all layers written for it, oldest first, evaluated from the newest
/// down. While layer i is being evaluated, whoever asks for this cell gets the value of the layers below i:
/// that is the look-back rule of self-references. The index only falls, so it always ends.
/// </summary>
internal sealed class Cell(params IReadOnlyList<Node> layers)
{
    private Dictionary<int, Lazy?>? _values;
    private Stack<int>? _active;

    public IReadOnlyList<Node> Layers { get; } = layers;

    /// <summary>How many layers count at this moment.</summary>
    public int Visible => _active is { Count: > 0 } ? _active.Peek() : Layers.Count;

    public static Cell Of(Node node) => node is StackNode stack ? new Cell(stack.Layers) : new Cell(node);

    public void Enter(int layer) => (_active ??= new Stack<int>()).Push(layer);

    public void Leave() => _active!.Pop();

    public bool TryGet(int visible, out Lazy? value)
    {
        value = null;
        return _values is not null && _values.TryGetValue(visible, out value);
    }

    public void Set(int visible, Lazy? value) => (_values ??= [])[visible] = value;
}
