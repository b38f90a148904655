namespace Fabric.Host.Api;

/// <summary>A request that is refused before anybody is asked: which status, which name, what to do.</summary>
internal sealed class RequestException(int status, string code, string detail, string advice) : Exception(detail)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public string Advice { get; } = advice;
}
