using System.Buffers;
using System.IO.Pipelines;

namespace Fabric.Drivers.Qmp;

/// <summary>Cuts a stream into lines, none longer than its bound: a monitor that never ends a line is given
/// up.</summary>
internal sealed class QmpLines(Stream stream, int lineBytesMax)
{
    private readonly PipeReader _reader = PipeReader.Create(stream);

    /// <summary>The next message; null at the end of the stream. Empty lines are passed over.</summary>
    /// <exception cref="FormatException">The line is too long or not a message.</exception>
    public async Task<QmpMessage?> NextAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var result = await _reader.ReadAsync(cancellation);
            var buffer = result.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                Bound(line.Length);
                var message = IsBlank(line) ? null : QmpMessage.Parse(line);
                _reader.AdvanceTo(buffer.GetPosition(1, end));
                if (message is not null)
                    return message;
                continue;
            }

            Bound(buffer.Length);
            if (result.IsCompleted)
                return null;
            _reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(line);
        reader.AdvancePastAny((byte)'\r', (byte)' ', (byte)'\t');
        return reader.End;
    }

    private void Bound(long length)
    {
        if (length > lineBytesMax)
            throw new FormatException($"a line of more than {lineBytesMax} bytes");
    }
}
