using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Actors.Journal;
using Fabric.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fabric.Host.Api;

/// <summary>
/// Every error as RFC 9457 problem details: the type is a name that programs may rely on, the detail says what is wrong
/// here, the advice what to do.
/// </summary>
internal static class Problems
{
    private const string TypePrefix = "urn:fabric:problem:";

    /// <summary>The problem that an exception of the service is.</summary>
    public static IResult Of(FabricException e)
    {
        var (status, code, title) = e.Fault switch
        {
            FabricFault.NotFound => (404, "not-found", "There is no such thing."),
            FabricFault.Conflict => (409, "conflict", "Not in its present state."),
            FabricFault.Invalid => (422, "invalid", "The request itself is wrong."),
            FabricFault.Unavailable => (503, "unavailable", "Not now; nothing was changed."),
            FabricFault.Unknown => (504, "outcome-unknown", "It is not known whether this was done."),
            _ => throw new ArgumentOutOfRangeException(nameof(e), e.Fault, "not a fault"),
        };
        return Of(status, e.Reason is { } reason ? CodeOf(reason) : code, title, e.Message, e.Advice);
    }

    /// <summary>A request that could not be understood.</summary>
    public static IResult Malformed(RequestException e) =>
        Of(e.Status, e.Code, "The request could not be read.", e.Message, e.Advice);

    /// <summary>The journal cannot be read.</summary>
    public static IResult Of(JournalUnavailableException e) =>
        Of(503, "journal-unavailable", "The journal is unavailable.", e.Message, e.Advice);

    /// <summary>What stands in the journal is not readable: never skipped, never repaired.</summary>
    public static IResult Damaged(Exception e) =>
        Of(500, "journal-damaged", "The journal holds what cannot be read.", e.Message, null);

    /// <summary>Too many of something at one time.</summary>
    public static IResult Busy(string detail) =>
        Of(503, "busy", "Not now; nothing was changed.", detail, "Close one, or try again later.");

    /// <summary>The name of a reason in a type.</summary>
    public static string CodeOf(FailureReason reason) => JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString());

    /// <summary>Gives a name and an advice to the problems that the server itself finds.</summary>
    public static void Configure(IServiceCollection services) =>
        services.Configure<ProblemDetailsOptions>(options => options.CustomizeProblemDetails = static context =>
        {
            var problem = context.ProblemDetails;
            if (problem.Type?.StartsWith(TypePrefix, StringComparison.Ordinal) == true)
                return;
            var (code, advice) = problem.Status switch
            {
                400 => ("malformed", "See the detail."),
                403 => ("forbidden", "Use an operator's certificate, made with 'fabric certs operator'."),
                404 => ("no-such-path", "See /openapi/v1.json for all paths."),
                405 => ("no-such-method", "See /openapi/v1.json for all paths."),
                408 => ("too-slow", "Send the whole request at once."),
                413 => ("too-large", "Send less, or raise coordinator.request-body-max."),
                415 => ("unsupported-media-type", "Send Content-Type: application/json."),
                431 => ("headers-too-large", "Send fewer or shorter headers."),
                _ => ("internal", "Read the coordinator's log."),
            };
            problem.Type = TypePrefix + code;
            problem.Extensions["code"] = code;
            problem.Extensions.TryAdd("advice", advice);
        });

    private static IResult Of(int status, string code, string title, string detail, string? advice)
    {
        var more = new Dictionary<string, object?>(StringComparer.Ordinal) { ["code"] = code };
        if (advice is not null)
            more["advice"] = advice;
        return Results.Problem(detail, instance: null, status, title, TypePrefix + code, more);
    }
}
