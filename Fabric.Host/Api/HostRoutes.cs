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

    public static void Map(IEndpointRouteBuilder routes, FabricService service)
    {
        routes.Route("GET", "/hosts", async context =>
            {
                AllowQuery(context);
                return Results.Json(
                    new HostList(await service.ListHostsAsync(context.RequestAborted)), ApiJson.Default.HostList);
            })
            .WithName("ListHosts").Produces<HostList>();
        routes.Route("GET", "/hosts/{host}", async context =>
            {
                AllowQuery(context);
                return Results.Json(
                    await service.GetHostAsync(Name<HostId>(context, "host"), context.RequestAborted),
                    ApiJson.Default.HostSummary);
            })
            .WithName("GetHost").Produces<HostSummary>();
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
