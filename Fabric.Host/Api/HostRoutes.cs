using System.Reflection;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static Fabric.Host.Api.RequestValues;

namespace Fabric.Host.Api;

/// <summary>/api/v1/hosts and /healthz.</summary>
internal static class HostRoutes
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(HostRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion ?? "0";

    public static void Map(IEndpointRouteBuilder routes, FabricService service, TimeProvider time)
    {
        routes.Route("GET", "/hosts", async context =>
            {
                AllowQuery(context);
                return Results.Json(
                    new HostList(await service.ListHostsAsync(context.RequestAborted)), ApiJson.Default.HostList);
            })
            .WithName("ListHosts").Produces<HostList>();
        routes.Route("GET", "/sites", async context =>
            {
                AllowQuery(context);
                return Results.Json(await service.ListSitesAsync(context.RequestAborted), ApiJson.Default.SiteList);
            })
            .WithName("ListSites").Produces<SiteList>();
        routes.Route("GET", "/leftovers", async context =>
            {
                AllowQuery(context, "all");
                var all = Number(context, "all", 0, 1) == 1;
                return Results.Json(
                    await service.ListLeftoversAsync(all, context.RequestAborted), ApiJson.Default.LeftoverList);
            })
            .WithName("ListLeftovers").Produces<LeftoverList>();
        routes.Route("GET", "/hosts/{host}", async context =>
            {
                AllowQuery(context);
                return Results.Json(
                    await service.GetHostAsync(Name<HostId>(context, "host"), context.RequestAborted),
                    ApiJson.Default.HostSummary);
            })
            .WithName("GetHost").Produces<HostSummary>();
        routes.Route("POST", "/hosts/{host}/gone", async context =>
            {
                var host = Name<HostId>(context, "host");
                await StrictJson.ReadOptionalAsync(context, ApiJson.Default.NothingRequest, time);
                var by = PeerGate.PeerOf(context).Name;
                var answers = await service.DeclareGoneAsync(host, by, context.RequestAborted);
                var text = answers.Count == 0 ? $"No migration waits for {host}." : string.Join('\n', answers);
                return Results.Json(new Done(text), ApiJson.Default.Done, statusCode: 202);
            })
            .WithName("DeclareHostGone").Produces<Done>(202);
    }

    public static void MapHealth(IEndpointRouteBuilder routes, FabricService service) =>
        routes.Route("GET", "/healthz", async context =>
            {
                AllowQuery(context);
                // Healthy is who can read its journal; all else follows from it.
                await service.ListMigrationsAsync(null, 1, null, context.RequestAborted);
                return Results.Json(new Health("ok", Version), ApiJson.Default.Health);
            })
            .WithName("Health").Produces<Health>();
}
