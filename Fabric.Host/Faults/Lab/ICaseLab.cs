using Fabric.Host.Faults.Run;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// What a lab offers a case: a coordinator and hosts in processes of their own, which the lab starts again a second after
/// they end, where their things lie, and how they are broken.
/// </summary>
internal interface ICaseLab
{
    /// <summary>The coordinator's node.</summary>
    string CoordinatorName { get; }

    /// <summary>Where the guest begins.</summary>
    string Source { get; }

    /// <summary>Where it is to go.</summary>
    string Target { get; }

    /// <summary>All hosts, whether they have a part in it or not.</summary>
    IReadOnlyList<string> HostNames { get; }

    /// <summary>A directory for files of the case.</summary>
    string Scratch { get; }

    /// <summary>The coordinator's journal.</summary>
    string Journal { get; }

    /// <summary>Where more is told when something did not come.</summary>
    string Logs { get; }

    /// <summary>Faults when a node does not stay up.</summary>
    Task Failed { get; }

    /// <summary>Connections between nodes, and those of them that did not begin with TLS; null where nobody looks.</summary>
    (int Opened, int Plain)? Connections { get; }

    /// <summary>A host's ledger.</summary>
    string LedgerOf(string host);

    /// <summary>A host's local disks.</summary>
    string DisksOf(string host);

    /// <summary>The directory with a host's copies of a VM.</summary>
    string CopiesOf(string host, VmId vm);

    /// <summary>Asks this lab's coordinator, as an operator.</summary>
    FabricOperator Operator();

    /// <summary>The process of a node; null between two.</summary>
    int? ProcessOf(string node);

    /// <summary>kill -9; returns when it is dead.</summary>
    /// <exception cref="LabException">It was not running.</exception>
    Task KillAsync(string node);

    /// <summary>From the coordinator's next start on, nothing is held.</summary>
    void ForgetHold();

    /// <summary>What the data link has carried, both ways.</summary>
    Task<long> CarriedAsync(CancellationToken cancellation);

    /// <summary>What is neither a process nor its disk.</summary>
    /// <param name="victim">Which part.</param>
    /// <param name="spec">The guest whose part it is.</param>
    ILabPart PartOf(FaultVictim victim, VmSpec spec);
}

/// <summary>A part of a lab that is broken for a time: a link, or what a network is turned with.</summary>
internal interface ILabPart
{
    /// <summary>Breaks it.</summary>
    /// <param name="fault">How, and for how long.</param>
    /// <param name="since">From its completion on that length counts.</param>
    /// <param name="cancellation">Mends at once.</param>
    /// <returns>What was done, in words, and what completes when it is mended.</returns>
    Task<(string What, Task Mended)> BreakAsync(FaultCase fault, Task since, CancellationToken cancellation);

    /// <summary>Is cut when its first connection has carried so many bytes.</summary>
    /// <param name="bytes">So many.</param>
    /// <param name="length">For so long.</param>
    /// <param name="struck">Completes when it is cut.</param>
    /// <returns>False where connections cannot be told apart.</returns>
    bool TryCutAfter(long bytes, TimeSpan length, out Task struck)
    {
        struck = Task.CompletedTask;
        return false;
    }
}
