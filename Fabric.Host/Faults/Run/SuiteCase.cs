namespace Fabric.Host.Faults.Run;

/// <summary>A case that can be run: its name, where it stands in the matrix, and how.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Fault">Its row.</param>
/// <param name="Stage">Its column.</param>
/// <param name="What">What it would do, for a dry run.</param>
/// <param name="RunAsync">Runs it; it throws when it cannot be carried out.</param>
/// <param name="Failed">The result when it cannot.</param>
internal sealed record SuiteCase(
    string Id, string Fault, string Stage, string What, Func<CancellationToken, Task<CaseResult>> RunAsync,
    Func<string, TimeSpan, CaseResult> Failed);
