using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Drivers.Network;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;
using Fabric.Transport.Security;

namespace Fabric.Host.Client;

/// <summary>
/// The API as methods. Errors: <see cref="FabricApiException"/>, <see cref="FabricUnreachableException"/> and
/// <see cref="FabricUnknownException"/>, and nothing else but cancellation.
/// </summary>
public sealed class FabricClient(Uri server, PeerPolicy policy, NetworkNamespace? place = null) : IDisposable
{
    private readonly FabricHttp _http = new(server, policy, place);

    /// <summary>Where it connects to.</summary>
    public Uri Server => server;

    /// <summary>Defines a VM.</summary>
    public Task<VmSummary> CreateVmAsync(CreateVmRequest vm, CancellationToken cancellation) => AskAsync(
        HttpMethod.Post, "/api/v1/vms", Body(vm, ApiJson.Default.CreateVmRequest), ApiJson.Default.VmSummary,
        cancellation);

    /// <summary>A page of VMs.</summary>
    public Task<VmPage> ListVmsAsync(string? after, CancellationToken cancellation) => AskAsync(
        HttpMethod.Get, Query("/api/v1/vms", ("after", after), ("limit", $"{Limits.Api.PageMax}")), null,
        ApiJson.Default.VmPage, cancellation);

    /// <summary>One VM.</summary>
    public Task<VmSummary> GetVmAsync(string vm, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, $"/api/v1/vms/{Part(vm)}", null, ApiJson.Default.VmSummary, cancellation);

    /// <summary>How many pages a VM writes in an interval; answers after it.</summary>
    public Task<DirtyingSample> MeasureDirtyingAsync(string vm, long intervalMs, CancellationToken cancellation) =>
        AskAsync(
            HttpMethod.Get, Query($"/api/v1/vms/{Part(vm)}/wws", ("interval", $"{intervalMs}")), null,
            ApiJson.Default.DirtyingSample, cancellation);

    /// <summary>Runs a VM.</summary>
    public Task<VmSummary> StartVmAsync(string vm, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, $"/api/v1/vms/{Part(vm)}/start", null, ApiJson.Default.VmSummary, cancellation);

    /// <summary>Ends a VM.</summary>
    public Task<VmSummary> StopVmAsync(string vm, bool force, CancellationToken cancellation) => AskAsync(
        HttpMethod.Post, $"/api/v1/vms/{Part(vm)}/stop",
        Body(new StopVmRequest { Force = force }, ApiJson.Default.StopVmRequest), ApiJson.Default.VmSummary,
        cancellation);

    /// <summary>Forgets a stopped VM.</summary>
    public Task DeleteVmAsync(string vm, CancellationToken cancellation) =>
        _http.SendAsync<Done>(HttpMethod.Delete, $"/api/v1/vms/{Part(vm)}", null, null, cancellation);

    /// <summary>Lets a held VM go on from its paused copy.</summary>
    public Task<Done> RecoverVmAsync(string vm, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, $"/api/v1/vms/{Part(vm)}/recover", null, ApiJson.Default.Done, cancellation);

    /// <summary>Says that a host is gone for good.</summary>
    public Task<Done> DeclareGoneAsync(string host, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, $"/api/v1/hosts/{Part(host)}/gone", null, ApiJson.Default.Done, cancellation);

    /// <summary>Begins a migration.</summary>
    public Task<MigrationSummary> MigrateAsync(
        string vm, MigrateRequest request, CancellationToken cancellation) => AskAsync(
        HttpMethod.Post, $"/api/v1/vms/{Part(vm)}/migrations", Body(request, ApiJson.Default.MigrateRequest),
        ApiJson.Default.MigrationSummary, cancellation);

    /// <summary>A page of migrations, newest first.</summary>
    public Task<MigrationPage> ListMigrationsAsync(
        long? before, int limit, string? vm, CancellationToken cancellation) => AskAsync(
        HttpMethod.Get, Query("/api/v1/migrations", ("before", $"{before}"), ("limit", $"{limit}"), ("vm", vm)), null,
        ApiJson.Default.MigrationPage, cancellation);

    /// <summary>One migration.</summary>
    public Task<MigrationSummary> GetMigrationAsync(string id, CancellationToken cancellation) => AskAsync(
        HttpMethod.Get, $"/api/v1/migrations/{Part(id)}", null, ApiJson.Default.MigrationSummary, cancellation);

    /// <summary>Asks for the VM to stay.</summary>
    public Task<Done> CancelMigrationAsync(string id, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, $"/api/v1/migrations/{Part(id)}/cancel", null, ApiJson.Default.Done, cancellation);

    /// <summary>Asks for another way to send.</summary>
    public Task<Done> AdjustMigrationAsync(string id, TransferRequest change, CancellationToken cancellation) => AskAsync(
        HttpMethod.Post, $"/api/v1/migrations/{Part(id)}/transfer", Body(change, ApiJson.Default.TransferRequest),
        ApiJson.Default.Done, cancellation);

    /// <summary>Events of a migration after a version.</summary>
    public Task<JournalPage> JournalAsync(string id, long after, CancellationToken cancellation) => AskAsync(
        HttpMethod.Get, Query($"/api/v1/migrations/{Part(id)}/journal", ("after", $"{after}")), null,
        ApiJson.Default.JournalPage, cancellation);

    /// <summary>All hosts.</summary>
    public Task<HostList> ListHostsAsync(CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, "/api/v1/hosts", null, ApiJson.Default.HostList, cancellation);

    /// <summary>All sites, and what lies between them.</summary>
    public Task<SiteList> ListSitesAsync(CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, "/api/v1/sites", null, ApiJson.Default.SiteList, cancellation);

    /// <summary>What is left over on the hosts; also what migrations under way go on from.</summary>
    public Task<LeftoverList> ListLeftoversAsync(bool all, CancellationToken cancellation) => AskAsync(
        HttpMethod.Get, all ? "/api/v1/leftovers?all=1" : "/api/v1/leftovers", null, ApiJson.Default.LeftoverList,
        cancellation);

    /// <summary>One host.</summary>
    public Task<HostSummary> GetHostAsync(string host, CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, $"/api/v1/hosts/{Part(host)}", null, ApiJson.Default.HostSummary, cancellation);

    /// <summary>Lets a migration go on that a fault plan holds.</summary>
    public Task<Done> ReleaseHoldAsync(CancellationToken cancellation) =>
        AskAsync(HttpMethod.Post, "/api/v1/faults/hold/release", null, ApiJson.Default.Done, cancellation);

    /// <summary>Whether the coordinator answers and can read its journal.</summary>
    public Task<Health> HealthAsync(CancellationToken cancellation) =>
        AskAsync(HttpMethod.Get, "/healthz", null, ApiJson.Default.Health, cancellation);

    /// <summary>One migration's events, those after a version if one is given, until it is over.</summary>
    public IAsyncEnumerable<WatchEvent> WatchMigrationAsync(
        string id, long? after, CancellationToken cancellation) =>
        ReadEventsAsync(Query($"/api/v1/migrations/{Part(id)}/watch", ("after", $"{after}")), cancellation);

    /// <summary>Everything.</summary>
    public IAsyncEnumerable<WatchEvent> WatchAsync(CancellationToken cancellation) =>
        ReadEventsAsync("/api/v1/watch", cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static byte[] Body<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToUtf8Bytes(value, type);

    private static string Part(string name) => Uri.EscapeDataString(name);

    private static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var joiner = '?';
        foreach (var (name, value) in parameters)
        {
            if (string.IsNullOrEmpty(value))
                continue;
            path += $"{joiner}{name}={Uri.EscapeDataString(value)}";
            joiner = '&';
        }

        return path;
    }

    private async Task<T> AskAsync<T>(
        HttpMethod method, string path, byte[]? body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> answer,
        CancellationToken cancellation)
        where T : class => (await _http.SendAsync(method, path, body, answer, cancellation))!;

    private async IAsyncEnumerable<WatchEvent> ReadEventsAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var response = await _http.OpenAsync(path, cancellation);
        await using var stream = new LivelyStream(await response.Content.ReadAsStreamAsync(cancellation));
        var events = SseParser.Create(stream).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
        await using var _ = events;
        while (await NextAsync(events))
            yield return new WatchEvent(events.Current.EventType, events.Current.Data);
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
        {
            throw new FabricUnknownException($"{server} went away while it was watched: {e.Message}", e);
        }
    }
}
