using System.Text;

namespace Fabric.Host.Faults.Guest;

/// <summary>Follows the console of one copy and keeps its heartbeats with the time at which each arrived.</summary>
internal sealed class ConsoleTail(string path)
{
    // A guest that writes more than this between two newlines is not our guest.
    private const int LineLengthMax = 4096;

    private readonly Lock _lock = new();
    private readonly List<Heartbeat> _heartbeats = [];
    private DiskAcknowledgement? _lastAcknowledged;
    private readonly StringBuilder _line = new();
    private readonly byte[] _buffer = new byte[16 * 1024];
    private long _offset;

    /// <summary>Whole heartbeats so far.</summary>
    public IReadOnlyList<Heartbeat> Heartbeats
    {
        get
        {
            lock (_lock)
                return [.. _heartbeats];
        }
    }

    /// <summary>The newest heartbeat.</summary>
    public Heartbeat? Last
    {
        get
        {
            lock (_lock)
                return _heartbeats.Count > 0 ? _heartbeats[^1] : null;
        }
    }

    /// <summary>The newest word of the disk writer; null where none runs.</summary>
    public DiskAcknowledgement? LastAcknowledged
    {
        get
        {
            lock (_lock)
                return _lastAcknowledged;
        }
    }

    /// <summary>Takes in what is new.</summary>
    public void Read(DateTimeOffset now)
    {
        try
        {
            lock (_lock)
            {
                if (!File.Exists(path))
                    return;
                const FileShare others = FileShare.ReadWrite | FileShare.Delete;
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, others, bufferSize: 1);
                file.Seek(_offset, SeekOrigin.Begin);
                for (int read; (read = file.Read(_buffer)) > 0; _offset += read)
                    Take(_buffer.AsSpan(0, read), now);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Removed under us: what was read stays.
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, DateTimeOffset now)
    {
        foreach (var b in bytes)
        {
            if (b == '\n')
            {
                var line = _line.ToString();
                if (Heartbeat.TryRead(line, now) is { } heartbeat)
                    _heartbeats.Add(heartbeat);
                else if (DiskAcknowledgement.TryRead(line) is { } acknowledged)
                    _lastAcknowledged = acknowledged;
                _line.Clear();
            }
            else if (_line.Length < LineLengthMax)
            {
                _line.Append((char)b);
            }
        }
    }
}
