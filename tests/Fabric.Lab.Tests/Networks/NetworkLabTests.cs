using Fabric.Lab.Tests.Migration;

namespace Fabric.Lab.Tests.Networks;

/// <summary>What the tests of the kinds share.</summary>
[Trait("Category", "Lab")]
public abstract class NetworkLabTests : IDisposable
{
    private readonly DirectoryInfo _notes = Directory.CreateTempSubdirectory("fab-net-");

    /// <summary>Where hosts keep their notes.</summary>
    protected string Notes => _notes.FullName;

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what a test began.</summary>
    protected virtual void Dispose(bool disposing) => _notes.Delete(recursive: true);

    /// <summary>Waits for something that the kernel does by itself.</summary>
    protected static Task UntilAsync(Func<bool> condition) =>
        Until.TrueAsync(() => Task.FromResult(condition()), seconds: 30);
}
