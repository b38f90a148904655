namespace Fabric.Transport.Wire;

/// <summary>The target's answer to a hello. On the wire; numbers are never reused.</summary>
public enum HelloCode : byte
{
    /// <summary>Frames may follow.</summary>
    Accepted = 1,

    /// <summary>Not a hello: wrong magic, a reserved byte that is not zero, or a name that is none.</summary>
    BadHello = 2,

    /// <summary>No version that both sides know.</summary>
    UnsupportedVersion = 3,

    /// <summary>No such ticket: never issued, revoked, or forgotten.</summary>
    UnknownTicket = 4,

    /// <summary>The ticket was used before.</summary>
    TicketUsed = 5,

    /// <summary>The ticket came too late.</summary>
    TicketExpired = 6,

    /// <summary>The ticket is for another host than the certificate names.</summary>
    WrongPeer = 7,

    /// <summary>The ticket is for another migration.</summary>
    WrongMigration = 8,

    /// <summary>The ticket is for another attempt.</summary>
    WrongAttempt = 9,

    /// <summary>The ticket is for another purpose: memory, or another disk.</summary>
    WrongPurpose = 10,
}
