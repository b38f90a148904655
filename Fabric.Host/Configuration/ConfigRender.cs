using Fabric.Host.Hocon;

namespace Fabric.Host.Configuration;

/// <summary>Prints what a file resolves to, as JSON: pretty, or compact in one line.</summary>
public static class ConfigRender
{
    public static int Run(string file, bool json, TextWriter output, TextWriter error) =>
        Run(file, json, output, error, Environment.GetEnvironmentVariable);

    public static int Run(
        string file, bool json, TextWriter output, TextWriter error, Func<string, string?> environment)
    {
        try
        {
            output.WriteLine(HoconJson.Render(HoconDocument.FromFile(file).Resolve(environment), compact: json));
            return 0;
        }
        catch (HoconException e)
        {
            error.WriteLine(e.Message);
            return ConfigCheck.Invalid;
        }
    }
}
