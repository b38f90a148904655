using Fabric.Actors.Journal;
using Fabric.Actors.Runtime;
using Fabric.Protocol;

namespace Fabric.Actors.Coordination;

/// <summary>
/// What operators can ask of the fabric. Commands go to the actors; what is shown is read from the journal, so it says
/// nothing that a crash could take back. A request that nobody answered in time is unknown and never called failed.
/// </summary>
public sealed partial class FabricService : IAsyncDisposable
{
    private readonly ActorSystem _system;
    private readonly IJournal _journal;
    private readonly IHostLinks _hosts;
    private readonly HoldPoint? _hold;
    private readonly SiteMap _sites;
    private readonly TimeSpan _askTimeout;
    private readonly MigrationIndex _index;
    private readonly LiveTransfers _live;
    private readonly EventSubscription<IFabricNews> _news;
    private readonly Task _listening;

    /// <summary>Begins to listen to the event stream; the actors must be registered.</summary>
    public FabricService(
        ActorSystem system, IJournal journal, IHostLinks hosts, HoldPoint? hold, TimeSpan? askTimeout = null,
        SiteMap? sites = null)
    {
        (_system, _journal, _hosts, _hold, _sites) = (system, journal, hosts, hold, sites ?? SiteMap.None);
        _askTimeout = askTimeout ?? TimeSpan.FromMilliseconds(Limits.Api.AskMs);
        _index = new MigrationIndex(journal);
        _live = new LiveTransfers(Limits.Api.TransfersKeptMax, system.Time);
        _news = system.EventStream.Subscribe<IFabricNews>(Limits.Actors.SubscriptionCapacityDefault);
        _listening = ListenAsync();
    }

    /// <summary>Defines a VM, stopped, at a known host.</summary>
    public async Task<VmSummary> CreateVmAsync(VmSpec spec, HostId host, CancellationToken cancellation)
    {
        var faults = spec.Faults();
        if (faults.Count > 0)
            throw new FabricException(FabricFault.Invalid, FailureReason.SpecInvalid, string.Join("; ", faults) + ".");
        await RequireHostAsync(host, cancellation);
        await AskVmAsync(spec.Id, new CreateVm(spec, host), cancellation);
        return await GetVmAsync(spec.Id, cancellation);
    }

    /// <summary>Runs a VM at its owner; it is starting when this returns.</summary>
    public Task<VmSummary> StartVmAsync(VmId vm, CancellationToken cancellation) =>
        AskKnownAsync(vm, new StartRequested(), cancellation);

    /// <summary>Ends a VM: the guest is asked, or it ends at once when forced.</summary>
    public Task<VmSummary> StopVmAsync(VmId vm, bool force, CancellationToken cancellation) =>
        AskKnownAsync(vm, new StopRequested(force), cancellation);

    /// <summary>Forgets a stopped VM.</summary>
    public async Task DeleteVmAsync(VmId vm, CancellationToken cancellation)
    {
        await GetVmAsync(vm, cancellation);
        await AskVmAsync(vm, new DeleteRequested(), cancellation);
    }

    /// <summary>Begins a migration; everything that can be refused before anything moves is refused here.</summary>
    public async Task<MigrationSummary> MigrateAsync(
        VmId vm, HostId target, MigrationPolicy policy, CancellationToken cancellation,
        IReadOnlyList<HostAddress>? named = null)
    {
        var known = await GetVmAsync(vm, cancellation);
        RequireName(known, named ?? []);
        await RequireHostAsync(target, cancellation);
        if (known.Host == target)
            throw new FabricException(FabricFault.Invalid, FailureReason.SameHost, $"VM {vm} is at {target} already.");
        if (known.Migration is { } running)
        {
            throw new FabricException(
                FabricFault.Conflict, FailureReason.AlreadyMigrating, $"Migration {running} of {vm} is under way.");
        }

        if (known.State is not "running")
        {
            throw new FabricException(
                FabricFault.Conflict, FailureReason.VmNotRunning, $"VM {vm} is {known.State}, not running.");
        }

        if (!_hosts.IsConnected(target))
        {
            throw new FabricException(
                FabricFault.Conflict, FailureReason.HostNotConnected, $"Host {target} is not connected.");
        }

        var asked = new MigrateRequested(target, policy)
        {
            Network = known.Spec.Network is { Kind: not NetworkKind.None } network
                ? await EndsAsync(network, known.Host, target, named ?? [], cancellation)
                : null,
        };
        var reply = await AskVmAsync(vm, asked, cancellation);
        return await GetMigrationAsync(reply.Migration!.Value, cancellation);
    }

    /// <summary>Asks for the VM to stay. Too late is an answer too, and a conflict.</summary>
    public async Task<string> CancelMigrationAsync(MigrationId migration, CancellationToken cancellation)
    {
        var known = await GetMigrationAsync(migration, cancellation);
        if (known.Outcome is { } outcome)
            throw new FabricException(FabricFault.Conflict, null, $"Too late: {migration} has ended ({outcome}).");
        return await AskOperatorAsync(migration, new CancelRequested(), cancellation);
    }

    /// <summary>Asks for another way to send, from now on. Too late is an answer too, and a conflict.</summary>
    public async Task<string> AdjustMigrationAsync(
        MigrationId migration, TransferChange change, CancellationToken cancellation)
    {
        var known = await GetMigrationAsync(migration, cancellation);
        if (known.Outcome is { } outcome)
            throw new FabricException(FabricFault.Conflict, null, $"Too late: {migration} has ended ({outcome}).");
        return await AskOperatorAsync(migration, new TransferAsked(change), cancellation);
    }

    /// <summary>Lets a held VM go on from its paused copy at the source.</summary>
    public async Task<string> RecoverVmAsync(VmId vm, CancellationToken cancellation)
    {
        var known = await GetVmAsync(vm, cancellation);
        return known.Migration is { } migration
            ? await AskOperatorAsync(migration, new RecoverRequested(), cancellation)
            : throw new FabricException(
                FabricFault.Conflict, null, $"VM {vm} is {known.State}; no migration holds it.",
                "Only a VM that a migration holds is recovered.");
    }

    /// <summary>
    /// Takes a person's word that a host is gone for good: each migration that waits for an end there counts the guest
    /// there as dead. What each answered; a host that is connected is not gone.
    /// </summary>
    public async Task<IReadOnlyList<string>> DeclareGoneAsync(HostId host, string by, CancellationToken cancellation)
    {
        if ((await GetHostAsync(host, cancellation)).Connected)
        {
            throw new FabricException(
                FabricFault.Conflict, null, $"Host {host} is connected.", "Nothing waits for a host that is there.");
        }

        var answers = new List<string>();
        for (string? after = null; ;)
        {
            var page = await ListVmsAsync(after, Limits.Api.PageMax, cancellation);
            foreach (var migration in page.Vms.Select(v => v.Migration).OfType<MigrationId>())
            {
                var known = await GetMigrationAsync(migration, cancellation);
                if (known.Source != host && known.Target != host)
                    continue;
                var side = known.Source == host ? Side.Source : Side.Target;
                var answer = await AskAsync<OperatorAnswer>(
                    EntityKinds.Migration, migration.Value, new HostGoneDeclared(side, by), cancellation);
                answers.Add($"{migration}: {answer.Text}");
            }

            if ((after = page.Next) is null)
                return answers;
        }
    }

    /// <summary>Lets a migration go on that a fault plan holds.</summary>
    public void ReleaseHold()
    {
        if (_hold is null)
        {
            throw new FabricException(
                FabricFault.Conflict, null, "This coordinator holds no migration.",
                "Set faults.hold-at and restart it.");
        }

        _hold.Release();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _news.Dispose();
        await _listening;
        _index.Dispose();
    }

    private async Task ListenAsync()
    {
        await foreach (var news in _news.Reader.ReadAllAsync())
            _live.Take(news);
    }

    private async Task RequireHostAsync(HostId host, CancellationToken cancellation)
    {
        if (!await ExistsAsync(FabricEvents.StreamOf(host), cancellation))
        {
            throw new FabricException(
                FabricFault.Invalid, FailureReason.UnknownHost, $"Host {host} has never been connected.");
        }
    }

    private async Task<VmSummary> AskKnownAsync(VmId vm, VmInput input, CancellationToken cancellation)
    {
        // An actor for each name that anybody makes up would be a leak.
        await GetVmAsync(vm, cancellation);
        await AskVmAsync(vm, input, cancellation);
        return await GetVmAsync(vm, cancellation);
    }

    private async Task<VmReply> AskVmAsync(VmId vm, VmInput input, CancellationToken cancellation)
    {
        var reply = await AskAsync<VmReply>(EntityKinds.Vm, vm.Value, input, cancellation);
        return reply.Refusal is not { } refusal ? reply : throw new FabricException(
            refusal.Code switch
            {
                VmRefusalCode.NotFound => FabricFault.NotFound,
                VmRefusalCode.Conflict => FabricFault.Conflict,
                VmRefusalCode.Invalid => FabricFault.Invalid,
                _ => throw new ArgumentOutOfRangeException(nameof(vm), refusal.Code, "not a refusal"),
            },
            refusal.Reason, refusal.Detail);
    }

    private async Task<string> AskOperatorAsync(MigrationId id, MigrationInput input, CancellationToken cancellation)
    {
        var answer = await AskAsync<OperatorAnswer>(EntityKinds.Migration, id.Value, input, cancellation);
        return answer.Accepted ? answer.Text : throw new FabricException(FabricFault.Conflict, null, answer.Text);
    }

    /// <summary>Asks again, once, only when the first was certainly not handled.</summary>
    private async Task<T> AskAsync<T>(string kind, string id, object message, CancellationToken cancellation)
    {
        for (var first = true; ; first = false)
        {
            try
            {
                return await _system.Entity(kind, id).Ask<T>(message, _askTimeout, cancellation);
            }
            catch (AskRefusedException e) when (first && e.Reason == TellResult.Stopped)
            {
            }
            catch (JournalConflictException) when (first)
            {
                // Its picture of the stream was old; the next incarnation reads it anew.
            }
            catch (Exception e) when (FaultOf(e) is { } fault)
            {
                throw fault == FabricFault.Unknown
                    ? new FabricException(
                        fault, null, $"Nobody knows yet whether {kind} {id} took this: {e.Message}",
                        "Look at its state before asking again.", e)
                    : new FabricException(fault, null, $"{kind} {id} did not take this: {e.Message}", "Ask again.", e);
            }
        }
    }

    private static FabricFault? FaultOf(Exception e) => e switch
    {
        AskTimeoutException => FabricFault.Unknown,
        JournalUnavailableException { Outcome: AppendOutcome.Unknown } => FabricFault.Unknown,
        AskRefusedException or JournalConflictException or JournalUnavailableException => FabricFault.Unavailable,
        _ => null,
    };
}
