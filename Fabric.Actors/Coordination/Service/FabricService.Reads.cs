using System.Text.Json;
using Fabric.Actors.Journal;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

public sealed partial class FabricService
{
    /// <summary>VMs in order of their names, after one.</summary>
    public async Task<VmPage> ListVmsAsync(string? after, int limit, CancellationToken cancellation)
    {
        var found = new List<VmSummary>();
        await foreach (var info in _journal.ListStreamsAsync(EntityKinds.Vm, cancellation))
        {
            if (info.Stream.Kind is not EntityKinds.Vm || string.CompareOrdinal(info.Stream.Id, after) <= 0)
                continue;
            if (await FoldVmAsync(VmId.Of(info.Stream.Id), cancellation) is not { } vm)
                continue;
            if (found.Count == limit)
                return new VmPage(found, found[^1].Name.Value);
            found.Add(vm);
        }

        return new VmPage(found, null);
    }

    /// <summary>One VM.</summary>
    public async Task<VmSummary> GetVmAsync(VmId vm, CancellationToken cancellation) =>
        await FoldVmAsync(vm, cancellation)
        ?? throw new FabricException(FabricFault.NotFound, FailureReason.UnknownVm, $"There is no VM {vm}.");

    /// <summary>Migrations, newest first, that began before a place in the journal.</summary>
    public async Task<MigrationPage> ListMigrationsAsync(
        long? before, int limit, VmId? vm, CancellationToken cancellation)
    {
        var page = await _index.BeforeAsync(before ?? long.MaxValue, limit + 1, vm, cancellation);
        var found = new List<MigrationSummary>();
        foreach (var (_, id) in page.Take(limit))
        {
            var fold = await FoldAsync(id, cancellation);
            found.Add(fold.Summary(whole: false, _live.Find(id))!);
        }

        return new MigrationPage(found, page.Count > limit ? page[limit - 1].Sequence : null);
    }

    /// <summary>One migration, with its attempts and rounds.</summary>
    public async Task<MigrationSummary> GetMigrationAsync(MigrationId id, CancellationToken cancellation) =>
        (await FoldAsync(id, cancellation)).Summary(whole: true, _live.Find(id)) ?? throw NoMigration(id);

    /// <summary>What was recorded of a migration after a version.</summary>
    public async Task<IReadOnlyList<JournalEntry>> JournalOfAsync(
        MigrationId id, long after, int limit, CancellationToken cancellation)
    {
        var entries = new List<JournalEntry>();
        await foreach (var recorded in _journal.ReadAsync(FabricEvents.StreamOf(id), after + 1, cancellation))
        {
            if (entries.Count == limit)
                break;
            entries.Add(EntryOf(recorded));
        }

        return entries.Count > 0 || await ExistsAsync(FabricEvents.StreamOf(id), cancellation)
            ? entries
            : throw NoMigration(id);
    }

    /// <summary>All hosts that ever joined.</summary>
    public async Task<IReadOnlyList<HostSummary>> ListHostsAsync(CancellationToken cancellation)
    {
        var found = new List<HostSummary>();
        await foreach (var info in _journal.ListStreamsAsync(EntityKinds.Host, cancellation))
        {
            if (info.Stream.Kind is EntityKinds.Host)
                found.Add(await DescribeHostAsync(HostId.Of(info.Stream.Id), cancellation));
        }

        return found;
    }

    /// <summary>One host.</summary>
    public async Task<HostSummary> GetHostAsync(HostId host, CancellationToken cancellation) =>
        await ExistsAsync(FabricEvents.StreamOf(host), cancellation)
            ? await DescribeHostAsync(host, cancellation)
            : throw new FabricException(
                FabricFault.NotFound, FailureReason.UnknownHost, $"Host {host} has never been connected.");

    private static FabricException NoMigration(MigrationId id) => new(
        FabricFault.NotFound, null, $"There is no migration {id}.", "List the migrations with 'fabric migrations'.");

    private static JournalEntry EntryOf(RecordedEvent recorded)
    {
        var (_, json) = FabricEvents.Registry.Serialize(recorded.Event);
        using var document = JsonDocument.Parse(json);
        return new JournalEntry(
            recorded.Stream.ToString(), recorded.Version, recorded.Sequence, recorded.Name, recorded.RecordedAt,
            document.RootElement.Clone());
    }

    private async Task<HostSummary> DescribeHostAsync(HostId host, CancellationToken cancellation)
    {
        var known = await AskAsync<HostDescription>(EntityKinds.Host, host.Value, Describe.State, cancellation);
        return new HostSummary(known.Host, known.Connected, known.JoinedAt, known.Facts);
    }

    private async Task<bool> ExistsAsync(StreamId stream, CancellationToken cancellation)
    {
        await foreach (var _ in _journal.ReadAsync(stream, 1, cancellation))
            return true;
        return false;
    }

    private async Task<MigrationFold> FoldAsync(MigrationId id, CancellationToken cancellation)
    {
        var fold = new MigrationFold();
        await foreach (var recorded in _journal.ReadAsync(FabricEvents.StreamOf(id), 1, cancellation))
            fold.Add(recorded);
        return fold;
    }

    private async Task<VmSummary?> FoldVmAsync(VmId vm, CancellationToken cancellation)
    {
        VmState state = new NoVm(0);
        await foreach (var recorded in _journal.ReadAsync(FabricEvents.StreamOf(vm), 1, cancellation))
            state = VmMachine.Evolve(state, (VmEvent)recorded.Event);
        if (state is not KnownVm known)
            return null;
        var stopped = state as StoppedVm;
        var locked = state as LockedVm;
        return new VmSummary(
            vm, VmMachine.NameOf(state), known.Owner, known.Epoch, known.Version, known.Spec, locked?.Migration,
            locked?.Target, stopped?.Reason, stopped?.Detail);
    }
}
