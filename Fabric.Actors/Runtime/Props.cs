using Fabric.Protocol;

namespace Fabric.Actors.Runtime;

/// <summary>
/// How to make an actor. The factory runs again at every restart, so it must not hand out one instance.
/// </summary>
public sealed record Props
{
    private readonly int _mailboxCapacity = Limits.Actors.MailboxCapacityDefault;

    private Props(Func<Actor> factory) => Factory = factory;

    public Func<Actor> Factory { get; }

    public SupervisionPolicy Supervision { get; init; } = SupervisionPolicy.Default;

    public int MailboxCapacity
    {
        get => _mailboxCapacity;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Limits.Actors.MailboxCapacityMax);
            _mailboxCapacity = value;
        }
    }

    public static Props Create(Func<Actor> factory)
    {
        ArgumentNullException.ThrowIfNull(factory);
        return new Props(factory);
    }
}
