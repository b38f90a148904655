using Fabric.Host.Hocon.Resolve;
using Fabric.Host.Hocon.Syntax;

namespace Fabric.Host.Hocon;

/// <summary>
/// A parsed but unresolved configuration: one file with what it includes, or several such layers. Resolving
/// comes last and once, over all layers, so that a default may be written in terms of what the user sets.
/// </summary>
/// <remarks>
/// The way of a file: <see cref="SourceLoader"/> reads it (bounded, UTF-8), <see cref="Lexer"/> and
/// <see cref="Parser"/> make nodes of it, <see cref="Resolver"/> makes values of the nodes. Every public method
/// throws <see cref="HoconException"/> and nothing else for anything a file may hold.
/// </remarks>
public sealed class HoconDocument
{
    private readonly ObjectNode[] _layers;

    private HoconDocument(params ObjectNode[] layers) => _layers = layers;

    /// <summary>Reads a .conf, .json or .properties file (by its extension; anything else is .conf).</summary>
    public static HoconDocument FromFile(string path) => new(new SourceLoader().Load(path));

    /// <summary>Parses HOCON text. Relative includes are looked for in the directory, or refused without one.</summary>
    public static HoconDocument FromText(string text, string name, string? directory = null) =>
        new(new SourceLoader().LoadText(text, name, directory));

    /// <summary>This document's values win over the other's; objects are merged.</summary>
    public HoconDocument WithFallback(HoconDocument other) => new([.. other._layers, .. _layers]);

    /// <param name="environment">Answers a substitution that no layer defines; null means not defined.</param>
    public HoconObject Resolve(Func<string, string?> environment) => new Resolver(environment).Run(_layers);
}
