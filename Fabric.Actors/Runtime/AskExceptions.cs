namespace Fabric.Actors.Runtime;

/// <summary>
/// No reply in time. The outcome is unknown: the message may have been handled, may be handled still.
/// </summary>
public sealed class AskTimeoutException(string target, Type messageType, TimeSpan timeout) : TimeoutException(
    $"{target} did not answer {messageType.Name} within {timeout.TotalMilliseconds:0} ms. The outcome is unknown: " +
    "ask for the state before deciding anything.")
{
    public string Target { get; } = target;
    public Type MessageType { get; } = messageType;
    public TimeSpan Timeout { get; } = timeout;
}

/// <summary>The message was certainly not handled: it can be sent again.</summary>
public sealed class AskRefusedException(string target, Type messageType, TellResult reason) : Exception(
    $"{target} did not take {messageType.Name}: {reason}. It was not handled.")
{
    public string Target { get; } = target;
    public Type MessageType { get; } = messageType;
    public TellResult Reason { get; } = reason;
}

/// <summary>A reply of a type that the asker does not expect.</summary>
public sealed class UnexpectedReplyException(string target, Type expected, object reply) : Exception(
    $"{target} answered with {reply.GetType().Name} where {expected.Name} was expected.")
{
    public string Target { get; } = target;
    public Type Expected { get; } = expected;
    public object Reply { get; } = reply;
}
