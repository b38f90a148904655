using System.Net;
using Fabric.Actors.Cluster;
using Fabric.Transport.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using BadRequest = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace Fabric.Host.Api;

/// <summary>
/// The coordinator's one port: the node link for nodes, the API for operators, and nothing for anybody without a
/// certificate of our CA. Built from an empty builder, so that no environment variable and no appsettings.json can
/// open another port: what is configured stands in our own configuration.
/// </summary>
public sealed class CoordinatorServer : IAsyncDisposable
{
    private static readonly PeerRole[] Roles = [PeerRole.Node, PeerRole.Operator];
    private readonly WebApplication _app;
    private readonly NodeLinkHub _hub;

    /// <summary>
    /// Builds the server without starting it. <paramref name="services"/> and <paramref name="api"/> add what the API
    /// needs; its routes are reached by operators only.
    /// </summary>
    public CoordinatorServer(
        CoordinatorServerSettings settings, PeerPolicy policy, NodeLinkHub hub, ILoggerFactory logs,
        Action<IServiceCollection>? services = null, Action<WebApplication>? api = null)
    {
        _hub = hub;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.RemoveAll<ILoggerFactory>();
        builder.Services.AddSingleton(logs);
        builder.Services.RemoveAll<IHostLifetime>();
        builder.Services.AddSingleton<IHostLifetime, OwnedLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.AddProblemDetails();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, settings, policy, logs));
        services?.Invoke(builder.Services);
        _app = builder.Build();
        // A request that breaks a bound is the sender's fault and keeps its status; all else is ours.
        _app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = static e => (e as BadRequest)?.StatusCode ?? 500,
        });
        _app.UseStatusCodePages();
        _app.UseMiddleware<PeerGate>(policy);
        _app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        _app.MapNodeLink(hub);
        api?.Invoke(_app);
    }

    /// <summary>Where it listens, after the start.</summary>
    public IPEndPoint Endpoint { get; private set; } = new(IPAddress.None, 0);

    /// <summary>Begins to listen.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        await _app.StartAsync(cancel);
        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        var uri = new Uri(addresses.Addresses.Single());
        Endpoint = new IPEndPoint(IPAddress.Parse(uri.Host.Trim('[', ']')), uri.Port);
    }

    /// <summary>Closes the links with a reason, then ends the requests that run.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _hub.StopAsync();
        await _app.StopAsync(cancel);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _hub.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Configure(
        KestrelServerOptions kestrel, CoordinatorServerSettings settings, PeerPolicy policy, ILoggerFactory logs)
    {
        var log = logs.CreateLogger<CoordinatorServer>();
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = settings.ConnectionsMax;
        kestrel.Limits.MaxConcurrentUpgradedConnections = settings.ConnectionsMax;
        kestrel.Limits.MaxRequestBodySize = settings.BodyBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = settings.HeadersBytesMax;
        kestrel.Limits.MaxRequestHeaderCount = settings.HeadersMax;
        kestrel.Limits.RequestHeadersTimeout = settings.HandshakeWithin;
        kestrel.Listen(settings.Listen, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http1;
            endpoint.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = settings.HandshakeWithin,
                OnConnection = context =>
                {
                    var from = context.Connection.RemoteEndPoint?.ToString() ?? "?";
                    return ValueTask.FromResult(
                        policy.ServerOptions(Roles, why => ServerLog.PeerRefused(log, from, why)));
                },
            });
        });
    }

    // The program that holds the server decides when it stops; the server listens to no signal.
    private sealed class OwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
