using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Protocol;

namespace Fabric.Host.Api;

/// <summary>
/// Writes what a watcher is told as server-sent events. One event is written before the next is taken from the bounded
/// queue behind it; a reader that does not take one in time is cut off, for what it would see later is old.
/// </summary>
internal sealed class Sse(Stream stream, TimeProvider time)
{
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(Limits.Api.WatchWriteMs);
    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Writes one item. False: the reader is too slow or gone.</summary>
    public async Task<bool> TryWriteAsync(WatchItem item, CancellationToken cancellation)
    {
        _buffer.ResetWrittenCount();
        switch (item)
        {
            case MigrationSnapshot s: Event("snapshot", s.Migration, ApiJson.Default.MigrationSummary); break;
            case FabricSnapshot s: Event("snapshot", s, ApiJson.Default.FabricSnapshot); break;
            case EventWritten e: Event("journal", e.Entry, ApiJson.Default.JournalEntry, e.Entry.Version); break;
            case NumbersSeen n: Event("progress", n.Transfer, ApiJson.Default.TransferSeen); break;
            case LineTold l:
                Event("line", new LineNotice(l.Migration, l.Line), ApiJson.Default.LineNotice);
                break;
            case HoldReached h:
                Event("held", new HeldNotice(h.Migration, h.Stage, h.MillisecondsMax), ApiJson.Default.HeldNotice);
                break;
            case VmChanged v: Event("vm", new VmNotice(v.Name, v.Vm), ApiJson.Default.VmNotice); break;
            case HostChanged h: Event("host", new HostNotice(h.Name, h.Connected), ApiJson.Default.HostNotice); break;
            case Lagged l: Event("lagged", new LaggedNotice(l.Missed), ApiJson.Default.LaggedNotice); break;
            case WatchOver o: Event("over", o.Migration, ApiJson.Default.MigrationSummary); break;
            case Beat: Text(": beat\n\n"); break;
            default: throw new ArgumentOutOfRangeException(nameof(item), item, "not a watch's item");
        }

        return await TrySendAsync(cancellation);
    }

    private async Task<bool> TrySendAsync(CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(Within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            await stream.WriteAsync(_buffer.WrittenMemory, either.Token);
            await stream.FlushAsync(either.Token);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return false;
        }
    }

    private void Event<T>(string name, T data, JsonTypeInfo<T> type, long? id = null)
    {
        Text($"event: {name}\n");
        if (id is { } version)
            Text(string.Create(CultureInfo.InvariantCulture, $"id: {version}\n"));
        Text("data: ");
        // JSON as we write it has no line break, so one data line holds it.
        using (var json = new Utf8JsonWriter(_buffer))
            JsonSerializer.Serialize(json, data, type);
        Text("\n\n");
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, _buffer);
}
