using Fabric.Host.Hocon;

namespace Fabric.Host.Configuration;

/// <summary>HOCON/reference.conf, which is built into the program: the default of every key.</summary>
public static class ReferenceConf
{
    public const string Name = "reference.conf";

    public static string Text()
    {
        using var stream = typeof(ReferenceConf).Assembly.GetManifestResourceStream(Name)
            ?? throw new InvalidOperationException("reference.conf is not built into this program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    public static HoconDocument Document() => HoconDocument.FromText(Text(), Name);
}
