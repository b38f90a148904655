namespace Fabric.Actors.Runtime;

/// <summary>
/// Messages to oneself, later. A restart or stop cancels them; starting a key again replaces it. A message of a
/// cancelled or replaced timer is never delivered, also when the timer had already fired. A full mailbox does not
/// lose them. Periodic messages do not pile up: while one waits, the next is skipped.
/// </summary>
public interface ITimers
{
    void StartSingle(string key, object message, TimeSpan delay);

    void StartPeriodic(string key, object message, TimeSpan period);

    void Cancel(string key);

    bool IsActive(string key);
}
