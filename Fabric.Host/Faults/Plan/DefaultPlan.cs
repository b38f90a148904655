using Fabric.Host.Hocon;

namespace Fabric.Host.Faults.Plan;

/// <summary>HOCON/faults.conf, which is built into the program.</summary>
public static class DefaultPlan
{
    /// <summary>Its name in messages.</summary>
    public const string Name = "faults.conf";

    /// <summary>As it is written.</summary>
    public static string Text()
    {
        using var stream = typeof(DefaultPlan).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException($"{Name} is not built into this program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>Parsed.</summary>
    public static HoconDocument Document() => HoconDocument.FromText(Text(), Name);
}
