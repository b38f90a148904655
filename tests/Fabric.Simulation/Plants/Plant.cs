using Fabric.Actors.Coordination;
using Fabric.Simulation.Pages;
using Fabric.Simulation.World;

namespace Fabric.Simulation.Plants;

/// <summary>A bug that is put into a run on purpose, to see that the rules find it. None is in the product.</summary>
public sealed record Plant(string Name, string What)
{
    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<Plant> All { get; } =
    [
        .. MigrationPlants.All.Concat(CopyPlants.All).Concat(WriterPlants.All).Concat(LinkPlants.All).Concat(StorePlants.All)
            .OrderBy(p => p.Name, StringComparer.Ordinal),
    ];

    /// <summary>Machines that decide wrongly.</summary>
    public Deciders? Deciders { get; init; }

    /// <summary>A wrong writer of the coordinator's journal.</summary>
    public Func<IDiskPlant>? JournalWriter { get; init; }

    /// <summary>A wrong writer of the hosts' ledgers.</summary>
    public Func<IDiskPlant>? LedgerWriter { get; init; }

    /// <summary>Streams of this kind are not looked at while their actors wait, whoever else has written.</summary>
    public string? NeverReadOn { get; init; }

    /// <summary>A target lets in whoever shows any ticket that it ever made.</summary>
    public bool TakesAnyTicket { get; init; }

    /// <summary>A process that takes the place of another is given less than that one was.</summary>
    public bool RefillsTooLittle { get; init; }

    /// <summary>A guest's last writes to its local disks are not copied.</summary>
    public bool SkipsLastRound { get; init; }

    /// <summary>Wrong data links.</summary>
    public LinkBug LinkBug { get; init; }

    /// <summary>Wrong page stores.</summary>
    public StoreBug StoreBug { get; init; }

    /// <exception cref="FormatException">There is none of that name.</exception>
    public static Plant Named(string name) => All.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal))
        ?? throw new FormatException($"'{name}' is not a plant; --list-plants names them");
}
