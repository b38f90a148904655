namespace Fabric.Actors.Runtime;

public enum TellResult
{
    Accepted = 1,

    /// <summary>The mailbox has no room. The actor is alive; try again later.</summary>
    MailboxFull,

    /// <summary>The actor has stopped, or its system is shutting down.</summary>
    Stopped,

    /// <summary>The entity may not run here, or too many of its kind do.</summary>
    Refused,
}
