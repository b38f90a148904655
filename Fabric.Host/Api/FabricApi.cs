using System.Text.Json.Serialization;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Api;

/// <summary>
/// The HTTP API: /api/v1, its description at /openapi/v1.json, and /healthz. Each handler reads its input strictly,
/// asks <see cref="FabricService"/>, and answers; all errors leave through <see cref="GuardAsync"/>.
/// </summary>
public static class FabricApi
{
    /// <summary>What the routes need in the server's services.</summary>
    public static void AddServices(IServiceCollection services)
    {
        Problems.Configure(services);
        services.AddOpenApi("v1", OpenApiShape.Apply);
        services.ConfigureHttpJsonOptions(static options =>
        {
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.Converters.Add(new JsonStringEnumConverter());
        });
    }

    /// <summary>Maps all routes.</summary>
    public static void Map(WebApplication app, FabricService service, MigrationPolicy defaults, TimeProvider time)
    {
        app.MapOpenApi("/openapi/{documentName}.json");
        var v1 = app.MapGroup("/api/v1");
        VmRoutes.Map(v1, service, defaults, time);
        MigrationRoutes.Map(v1, service, time);
        HostRoutes.Map(v1, service, time);
        WatchRoutes.Map(v1, service, time, app.Lifetime.ApplicationStopping);
        HostRoutes.MapHealth(app, service);
    }

    /// <summary>A route whose handler reads its input by itself, described for the OpenAPI document.</summary>
    internal static RouteHandlerBuilder Route(
        this IEndpointRouteBuilder routes, string method, string pattern, Func<HttpContext, Task<IResult>> handler) =>
        // As a delegate: a RequestDelegate would drop the result and stay out of the OpenAPI document.
        routes.MapMethods(pattern, [method], (Delegate)((HttpContext context) => GuardAsync(context, handler)))
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .ProducesProblem(503).ProducesProblem(504);

    internal static async Task<IResult> GuardAsync(HttpContext context, Func<HttpContext, Task<IResult>> handler)
    {
        try
        {
            return await handler(context);
        }
        catch (RequestException e)
        {
            return Problems.Malformed(e);
        }
        catch (FabricException e)
        {
            return Problems.Of(e);
        }
        catch (JournalUnavailableException e)
        {
            return Problems.Of(e);
        }
        catch (Exception e) when (e is CorruptEventException or UnknownEventException)
        {
            var log = context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Fabric.Host.Api");
            ServerLog.JournalDamaged(log, e);
            return Problems.Damaged(e);
        }
    }
}
