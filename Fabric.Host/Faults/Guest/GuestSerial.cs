using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Fabric.Host.Faults.Guest;

/// <summary>The answer to <c>verify</c>: every page of the guest's working set was looked at.</summary>
public sealed record Verification(long Pages, long Bad);

/// <summary>Asks the guest over its serial port. While connected, all it writes is read, or it would block.</summary>
internal static partial class GuestSerial
{
    // A line break first: the port may hold the beginning of a command that somebody else left.
    private static readonly byte[] Question = "\nverify\n"u8.ToArray();
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    /// <summary>Has the guest check all its pages now.</summary>
    /// <exception cref="LabException">It does not answer.</exception>
    public static async Task<Verification> VerifyAsync(
        string socketPath, TimeProvider time, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(AnswerWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), either.Token);
            using var lines = new StreamReader(new NetworkStream(socket), Encoding.ASCII);
            await socket.SendAsync(Question, either.Token);
            while (await lines.ReadLineAsync(either.Token) is { } line)
            {
                if (TryRead(line) is { } answer)
                    return answer;
            }

            throw new LabException($"The guest's serial port '{socketPath}' closed before it answered 'verify'.");
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException(
                $"The guest did not answer 'verify' in {AnswerWithin.TotalSeconds:0} s: it does not run, or hangs.");
        }
        catch (SocketException e)
        {
            throw new LabException($"The guest's serial port '{socketPath}' cannot be reached: {e.Message}.", e);
        }
    }

    /// <summary>Reads <c>VERIFY pages=N bad=N ...</c>.</summary>
    internal static Verification? TryRead(string line) => Form().Match(line) is { Success: true } match
        ? new Verification(
            long.Parse(match.Groups["pages"].ValueSpan, CultureInfo.InvariantCulture),
            long.Parse(match.Groups["bad"].ValueSpan, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"^VERIFY pages=(?<pages>\d{1,18}) bad=(?<bad>\d{1,18})( |\r?$)",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
