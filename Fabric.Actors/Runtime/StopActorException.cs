namespace Fabric.Actors.Runtime;

/// <summary>Thrown by an actor that cannot go on and that a restart would not help.</summary>
public class StopActorException : Exception
{
    public StopActorException(string message)
        : base(message)
    {
    }

    public StopActorException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
