using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// What a copy's actor does with: one process and its transfer. Nothing here decides. Effects are run in the order
/// given, off the actor's lane; what comes of them arrives as inputs.
/// </summary>
public interface ICopyHands : IAsyncDisposable
{
    /// <summary>
    /// Finds the process that the ledger speaks of, and looks at it; null when it is known dead. Throws when it lives
    /// but cannot be looked at: then nothing is known, and the actor tries again.
    /// </summary>
    Task<MachineLook?> RecoverAsync(HeldCopy copy);

    /// <summary>Runs an effect. <paramref name="noted"/> is how long the ledger took before it.</summary>
    void Run(CopyEffect effect, TimeSpan noted);
}

/// <summary>Makes hands for a VM.</summary>
public interface ICopyHandsFactory
{
    /// <summary>
    /// Makes them. What happens to the process of a directory goes to <paramref name="tell"/>, numbers and prechecks to
    /// <paramref name="report"/>.
    /// </summary>
    ICopyHands Create(VmId vm, Func<string, CopyInput, ValueTask> tell, Action<Report> report);
}

/// <summary>The agent's way to the coordinator.</summary>
public interface IReportSink
{
    /// <summary>Sends at most once; false when not connected.</summary>
    bool TrySend(Report report);
}
