using System.Collections.Concurrent;
using Fabric.Protocol;
using Microsoft.Data.Sqlite;

namespace Fabric.Actors.Journal;

/// <summary>
/// A few reading connections, lent for one page at a time: a thousand actors that recover at once share them, and one
/// that reads slowly holds none.
/// </summary>
internal sealed class SqliteReaders(SqliteJournalOptions options) : IDisposable
{
    private readonly SemaphoreSlim _free = new(Limits.Journal.ReadersMax);
    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private volatile bool _disposed;

    public async Task<T> RunAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(() => Run(read), cancellationToken);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var connection)) connection.Dispose();
    }

    private T Run<T>(Func<SqliteConnection, T> read)
    {
        if (_disposed)
            throw new JournalUnavailableException(JournalFault.Closed, AppendOutcome.NotWritten, "it is closed");
        if (!_idle.TryTake(out var connection)) connection = SqliteFile.Open(options, writable: false);
        try
        {
            var result = read(connection);
            _idle.Add(connection);
            connection = null;
            return result;
        }
        finally
        {
            // Set only when the read failed: a connection in an unknown state is not lent again.
            connection?.Dispose();
            if (_disposed) Dispose();
        }
    }
}
