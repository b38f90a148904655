using System.Net;

namespace Fabric.Host.Client;

/// <summary>The coordinator said no, in problem details.</summary>
public sealed class FabricApiException(HttpStatusCode status, string code, string detail, string? advice)
    : Exception(detail)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>Such as <c>already-migrating</c>.</summary>
    public string Code { get; } = code;

    /// <summary>What to do.</summary>
    public string? Advice { get; } = advice;
}

/// <summary>The coordinator was not reached or is not trusted, or does not trust us: nothing was asked.</summary>
public sealed class FabricUnreachableException(Uri server, string why, Exception? cause = null)
    : Exception($"{server}: {why}", cause);

/// <summary>The request went out and no answer came: it may have been done or not.</summary>
public sealed class FabricUnknownException(string detail, Exception? cause = null) : Exception(detail, cause);
