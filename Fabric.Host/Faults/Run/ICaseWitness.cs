using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Faults.Run;

/// <summary>Who looks on beside the hypervisors and the journal: a client, where the guest has an address.</summary>
internal interface ICaseWitness
{
    /// <summary>The guest runs; its migration has not been asked for yet.</summary>
    Task GuestRunsAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>The migration that may have been broken is over; nothing was done about it yet.</summary>
    Task MigrationIsOverAsync(MigrationRecord migration, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>What hosts hold that is not theirs to hold, now.</summary>
    IReadOnlyList<string> LeftoversBut(string owner) => [];

    /// <summary>The guest rests where it is, and will be ended: what was seen until now.</summary>
    Task<AddressEvidence?> SawAsync(string owner, CancellationToken cancellation) =>
        Task.FromResult<AddressEvidence?>(null);

    /// <summary>The case is over and its guest looked at; in words what the guest's removal left.</summary>
    Task<IReadOnlyList<string>> RemoveAsync(CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>Nobody.</summary>
internal sealed class NoWitness : ICaseWitness;
