using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Fabric.Lab.Tests.Migration;

/// <summary>Keeps the last lines that a fabric logged, for the message of a failed test.</summary>
internal sealed class LabLog : ILoggerProvider
{
    private const int LinesMax = 400;
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public override string ToString() => string.Join('\n', _lines);

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > LinesMax)
            _lines.TryDequeue(out _);
    }

    private sealed class Writer(LabLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            log.Add($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
