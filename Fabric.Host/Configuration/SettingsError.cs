namespace Fabric.Host.Configuration;

/// <summary>One thing wrong with a configuration file, as <c>file:line: key: message</c>.</summary>
public sealed record SettingsError(string File, int Line, string Key, string Message)
{
    public override string ToString() =>
        Key.Length == 0 ? $"{File}:{Line}: {Message}" : $"{File}:{Line}: {Key}: {Message}";
}
