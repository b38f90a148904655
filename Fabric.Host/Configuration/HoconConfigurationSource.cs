using Microsoft.Extensions.Configuration;

namespace Fabric.Host.Configuration;

/// <summary>A HOCON file as a source of Microsoft.Extensions.Configuration.</summary>
public sealed class HoconConfigurationSource(string path, Func<string, string?> environment) : IConfigurationSource
{
    public IConfigurationProvider Build(IConfigurationBuilder builder) =>
        new HoconConfigurationProvider(path, environment);
}
