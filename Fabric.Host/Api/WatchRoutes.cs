using System.Globalization;
using Fabric.Actors.Coordination;
using Fabric.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using static Fabric.Host.Api.RequestValues;

namespace Fabric.Host.Api;

/// <summary>Server-sent events: one migration until it is over, or everything.</summary>
internal static class WatchRoutes
{
    private const string LastEventId = "Last-Event-ID";

    public static void Map(
        IEndpointRouteBuilder routes, FabricService service, TimeProvider time, CancellationToken stopping)
    {
        var slots = new WatchSlots(Limits.Api.WatchersMax);
        routes.Route("GET", "/migrations/{id}/watch", async context =>
            {
                AllowQuery(context, "after");
                var id = Name<MigrationId>(context, "id");
                var after = After(context);
                // Asked before the answer begins: a stream that has begun can carry no problem.
                await service.GetMigrationAsync(id, context.RequestAborted);
                return await WatchAsync(
                    context, slots, time, ended => service.WatchMigrationAsync(id, after, ended), stopping);
            })
            .WithName("WatchMigration").Produces(200, contentType: "text/event-stream")
            .WithMetadata(new QueryParameter("after", "also events after this version that were before the snapshot"));
        routes.Route("GET", "/watch", context =>
            {
                AllowQuery(context);
                return WatchAsync(context, slots, time, service.WatchAsync, stopping);
            })
            .WithName("Watch").Produces(200, contentType: "text/event-stream");
    }

    private static long? After(HttpContext context)
    {
        // What a browser sends when it comes back; it knows better than its first query.
        var last = context.Request.Headers[LastEventId].ToString();
        if (last.Length == 0)
            return Number(context, "after", 0, int.MaxValue);
        return int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : throw new RequestException(
                400, "out-of-range", $"{LastEventId} is '{Names.Shown(last)}', not a version.", "Correct it.");
    }

    private static async Task<IResult> WatchAsync(
        HttpContext context, WatchSlots slots, TimeProvider time,
        Func<CancellationToken, IAsyncEnumerable<WatchItem>> watch, CancellationToken stopping)
    {
        if (!slots.TryTake())
            return Problems.Busy($"{Limits.Api.WatchersMax} watch already.");
        // Without the second, a watcher would hold up the server's end.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            var sse = new Sse(context.Response.Body, time);
            await foreach (var item in watch(ended.Token))
            {
                if (!await sse.TryWriteAsync(item, ended.Token))
                {
                    context.Abort();
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The watcher went away, which is how most of them end, or the server stops.
        }
        finally
        {
            slots.Release();
        }

        return Results.Empty;
    }
}
