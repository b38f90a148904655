using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static Fabric.Host.Api.RequestValues;

namespace Fabric.Host.Api;

/// <summary>/api/v1/migrations.</summary>
internal static class MigrationRoutes
{
    public static void Map(IEndpointRouteBuilder routes, FabricService service, TimeProvider time)
    {
        routes.Route("GET", "/migrations", context => ListAsync(context, service))
            .WithName("ListMigrations").Produces<MigrationPage>()
            .WithMetadata(new QueryParameter("before", "the next of the page before"))
            .WithMetadata(new QueryParameter("limit", "1 to 200"))
            .WithMetadata(new QueryParameter("vm", "only this VM's"));
        routes.Route("GET", "/migrations/{id}", async context =>
            {
                AllowQuery(context);
                var id = Name<MigrationId>(context, "id");
                return Results.Json(
                    await service.GetMigrationAsync(id, context.RequestAborted), ApiJson.Default.MigrationSummary);
            })
            .WithName("GetMigration").Produces<MigrationSummary>();
        routes.Route("POST", "/migrations/{id}/cancel", async context =>
            {
                var id = Name<MigrationId>(context, "id");
                await StrictJson.ReadOptionalAsync(context, ApiJson.Default.NothingRequest, time);
                var text = await service.CancelMigrationAsync(id, context.RequestAborted);
                return Results.Json(new Done(text), ApiJson.Default.Done, statusCode: 202);
            })
            .WithName("CancelMigration").Produces<Done>(202);
        routes.Route("POST", "/migrations/{id}/transfer", async context =>
            {
                var id = Name<MigrationId>(context, "id");
                var asked = await StrictJson.ReadAsync(context, ApiJson.Default.TransferRequest, time);
                var text = await service.AdjustMigrationAsync(id, Policies.Change(asked), context.RequestAborted);
                return Results.Json(new Done(text), ApiJson.Default.Done, statusCode: 202);
            })
            .WithName("AdjustMigration").Accepts<TransferRequest>("application/json").Produces<Done>(202);
        routes.Route("GET", "/migrations/{id}/journal", context => JournalAsync(context, service))
            .WithName("GetJournal").Produces<JournalPage>()
            .WithMetadata(new QueryParameter("after", "only events after this version"))
            .WithMetadata(new QueryParameter("limit", "1 to 2000"));
        routes.Route("POST", "/faults/hold/release", async context =>
            {
                await StrictJson.ReadOptionalAsync(context, ApiJson.Default.NothingRequest, time);
                service.ReleaseHold();
                return Results.Json(new Done("The held migration goes on."), ApiJson.Default.Done);
            })
            .WithName("ReleaseHold").Produces<Done>();
    }

    private static async Task<IResult> ListAsync(HttpContext context, FabricService service)
    {
        AllowQuery(context, "before", "limit", "vm");
        var limit = (int)(Number(context, "limit", 1, Limits.Api.PageMax) ?? Limits.Api.PageDefault);
        var page = await service.ListMigrationsAsync(
            Number(context, "before", 1, long.MaxValue), limit, Named<VmId>(context, "vm"), context.RequestAborted);
        return Results.Json(page, ApiJson.Default.MigrationPage);
    }

    private static async Task<IResult> JournalAsync(HttpContext context, FabricService service)
    {
        AllowQuery(context, "after", "limit");
        var id = Name<MigrationId>(context, "id");
        var after = Number(context, "after", 0, int.MaxValue) ?? 0;
        var limit = (int)(Number(context, "limit", 1, Limits.Api.JournalPageMax) ?? Limits.Api.JournalPageMax);
        var events = await service.JournalOfAsync(id, after, limit, context.RequestAborted);
        return Results.Json(
            new JournalPage(events, events.Count == limit ? events[^1].Version : null), ApiJson.Default.JournalPage);
    }
}
