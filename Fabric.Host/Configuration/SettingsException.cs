namespace Fabric.Host.Configuration;

/// <summary>Everything wrong with a configuration, found in one reading.</summary>
public sealed class SettingsException(IReadOnlyList<SettingsError> errors) : Exception(string.Join('\n', errors))
{
    public IReadOnlyList<SettingsError> Errors { get; } = errors;
}
