using System.Net.Sockets;
using System.Text.Json.Nodes;
using Fabric.Embedded.Sockets;
using Fabric.Protocol;

namespace Fabric.Embedded.Qmp;

/// <summary>
/// One connection to a monitor: greeting, capabilities, then commands one after the other and events between them. A
/// command that must not wait for the main lock (<c>exec-oob</c>) is executed while an ordinary one still waits for it.
/// A peer that does not read what it is told is cut off.
/// </summary>
internal sealed class QmpSession(Socket peer, QmpCommands commands, QmpEvents events)
{
    private readonly LineWriter _writer = new(peer, Limits.Guest.MonitorLinesMax);
    private readonly CancellationTokenSource _cut = new();
    private bool _isReady;
    private bool _mayOutOfBand;

    /// <summary>Serves it until it goes.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _cut.Token);
        Say(QmpText.Greeting());
        var writing = _writer.RunAsync(_cut.Token);
        var turn = Task.CompletedTask;
        try
        {
            var lines = new LineReader(peer, Limits.Guest.CommandBytesMax);
            while (await lines.NextAsync(ended.Token) is { } line)
            {
                if (line.Span.IndexOfAnyExcept("\r \t"u8) < 0 || Read(line) is not { } request)
                    continue;

                // In-band commands wait for each other. Out-of-band ones overtake.
                if (!request.OutOfBand)
                    await turn;
                var execution = ExecuteAsync(request);
                if (!request.OutOfBand && !_mayOutOfBand)
                    await execution;
                else if (!request.OutOfBand)
                    turn = execution;
            }
        }
        catch (FormatException)
        {
            // An endless line: nothing after it can be understood.
        }
        finally
        {
            events.Remove(Say);

            // What was said last, such as the answer to 'quit', should still get out.
            _writer.Complete();
            _cut.CancelAfter(Limits.Guest.LastWordsMs);
            await writing;
        }
    }

    private QmpRequest? Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            return QmpRequest.Parse(line);
        }
        catch (QmpRefusal refusal)
        {
            Say(QmpText.Error(null, refusal));
            return null;
        }
    }

    private async Task ExecuteAsync(QmpRequest request)
    {
        try
        {
            var answer = _isReady ? await commands.ExecuteAsync(request, _mayOutOfBand) : Negotiate(request);
            Say(QmpText.Return(request.Id, answer));
        }
        catch (QmpRefusal refusal)
        {
            Say(QmpText.Error(request.Id, refusal));
        }
        catch (Exception e) when (e is InvalidOperationException or ObjectDisposedException or IOException)
        {
            Say(QmpText.Error(request.Id, QmpRefusal.Of($"internal error: {e.Message}")));
        }
    }

    private JsonObject Negotiate(QmpRequest request)
    {
        if (!string.Equals(request.Command, "qmp_capabilities", StringComparison.Ordinal))
        {
            throw new QmpRefusal(
                QmpRefusal.NotFound, "Expecting capabilities negotiation with 'qmp_capabilities'");
        }

        var wanted = request.Arguments.TextsOrNone("enable");
        request.Arguments.RefuseOthers();
        if (wanted.FirstOrDefault(w => w is not "oob") is { } unknown)
            throw QmpRefusal.Of($"Invalid parameter '{Names.Shown(unknown)}'");
        _mayOutOfBand = wanted.Count > 0;
        _isReady = true;
        events.Add(Say);
        return [];
    }

    private void Say(byte[] line)
    {
        if (!_writer.TryWrite(line))
            _ = _cut.CancelAsync();
    }
}
