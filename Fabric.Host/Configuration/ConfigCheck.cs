using System.Text.Json;

namespace Fabric.Host.Configuration;

/// <summary>Says what is wrong with a node's file, without starting anything.</summary>
public static class ConfigCheck
{
    /// <summary>The exit code for a file with errors.</summary>
    public const int Invalid = 2;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static int Run(string file, bool json, TextWriter output, TextWriter error) =>
        Run(file, json, output, error, Environment.GetEnvironmentVariable);

    public static int Run(
        string file, bool json, TextWriter output, TextWriter error, Func<string, string?> environment)
    {
        IReadOnlyList<SettingsError> errors = [];
        try
        {
            NodeSettings.Load(file, environment);
        }
        catch (SettingsException e)
        {
            errors = e.Errors;
        }

        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(errors, Json));
        }
        else if (errors.Count == 0)
        {
            output.WriteLine($"{file}: ok");
        }
        else
        {
            foreach (var e in errors)
                error.WriteLine(e);
        }

        return errors.Count == 0 ? 0 : Invalid;
    }
}
