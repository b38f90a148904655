using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>What may be wrong with the next append.</summary>
public enum JournalFault
{
    None,
    DiskFull,
    ReplyLost,
}

/// <summary>An append that was not acknowledged; whether it is durable is unknown to the writer.</summary>
public sealed class JournalFaultException(string message) : Exception(message);

/// <summary>Events to append to one stream.</summary>
public sealed record StreamAppend(string Stream, long Expected, IReadOnlyList<object> Events);

/// <summary>The coordinator's journal of a scenario.</summary>
public interface IScenarioJournal
{
    IEnumerable<string> Streams { get; }

    /// <summary>What is wrong with the next append, or with the one after those that were asked for before.</summary>
    JournalFault Next { set; }

    /// <summary>The disk has no room: every append fails.</summary>
    bool IsFull { set; }

    IReadOnlyList<object> Read(string stream);

    /// <summary>Appends all or nothing.</summary>
    void Append(IReadOnlyList<StreamAppend> appends, Action<string, object> appended);

    void BackUp();

    void Restore();
}

/// <summary>
/// The coordinator's journal, in memory: streams, expected versions, one transaction over several streams.
/// </summary>
public sealed class ScenarioJournal : IScenarioJournal
{
    private Dictionary<string, List<object>> _streams = new(StringComparer.Ordinal);
    private readonly Queue<JournalFault> _faults = new();
    private Dictionary<string, List<object>>? _backup;

    public IEnumerable<string> Streams => _streams.Keys.Order(StringComparer.Ordinal);

    public JournalFault Next
    {
        set => _faults.Enqueue(value);
    }

    public bool IsFull { get; set; }

    public static string StreamOf(VmId vm) => $"vm/{vm}";

    public static string StreamOf(MigrationId migration) => $"migration/{migration}";

    public IReadOnlyList<object> Read(string stream) => _streams.TryGetValue(stream, out var events) ? events : [];

    /// <summary>Appends all or nothing.</summary>
    /// <exception cref="JournalFaultException">A stream has another version, or the fault that was asked
    /// for.</exception>
    public void Append(IReadOnlyList<StreamAppend> appends, Action<string, object> appended)
    {
        var fault = _faults.TryDequeue(out var asked) ? asked : JournalFault.None;
        if (IsFull)
            fault = JournalFault.DiskFull;
        if (fault == JournalFault.DiskFull)
            throw new JournalFaultException("disk full");
        foreach (var append in appends)
        {
            var version = Read(append.Stream).Count;
            if (version != append.Expected)
                throw new JournalFaultException($"conflict: {append.Stream} is at {version}, not {append.Expected}");
        }

        foreach (var append in appends)
        {
            if (!_streams.TryGetValue(append.Stream, out var events))
                _streams[append.Stream] = events = [];
            events.AddRange(append.Events);
            foreach (var happened in append.Events)
                appended(append.Stream, happened);
        }

        if (fault == JournalFault.ReplyLost)
            throw new JournalFaultException("reply lost");
    }

    public void BackUp() => _backup = Copy(_streams);

    public void Restore() => _streams = Copy(_backup ?? throw new InvalidOperationException("there is no backup"));

    private static Dictionary<string, List<object>> Copy(Dictionary<string, List<object>> from) =>
        from.ToDictionary(s => s.Key, s => s.Value.ToList(), StringComparer.Ordinal);
}
