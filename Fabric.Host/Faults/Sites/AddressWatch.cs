using System.Net;
using Fabric.Host.Faults.Truth;

namespace Fabric.Host.Faults.Sites;

/// <summary>
/// Asks a guest's address without end, from the client's namespace, and hears at every host's uplink who answers.
/// </summary>
internal sealed class AddressWatch : IAsyncDisposable
{
    private const int AnswersAtRest = 20;
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly EchoProbe _probe;
    private readonly IReadOnlyList<UplinkEar> _ears;
    private readonly TimeProvider _time;

    private AddressWatch(EchoProbe probe, IReadOnlyList<UplinkEar> ears, TimeProvider time) =>
        (_probe, _ears, _time) = (probe, ears, time);

    /// <summary>Completes when it was answered.</summary>
    public Task Answered => _probe.Answered;

    /// <summary>Begins.</summary>
    public static async Task<AddressWatch> StartAsync(SitesLab lab, IPAddress address, TimeProvider time)
    {
        var probe = EchoProbe.Start(lab.ClientPlace, address, time, AskEvery);
        var ears = new List<UplinkEar>();
        try
        {
            foreach (var host in lab.Hosts)
                ears.Add(UplinkEar.Start(host, address, probe.Own));
            return new AddressWatch(probe, ears, time);
        }
        catch
        {
            await EndAsync(probe, ears);
            throw;
        }
    }

    /// <summary>Whether it is answered now, again and again.</summary>
    public async Task<bool> IsAnsweredAsync(CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        var before = _probe.Sum().Heard;
        while (_probe.Sum().Heard < before + AnswersAtRest)
        {
            if (_time.GetElapsedTime(began) > AnswersWithin)
                return false;
            await Task.Delay(LookEvery, _time, cancellation);
        }

        return true;
    }

    /// <summary>What was seen until now.</summary>
    /// <param name="atRest">What else is wrong with the address, in words.</param>
    public AddressEvidence Evidence(IReadOnlyList<string> atRest)
    {
        // First who answered and then who asked: else an answer could seem to have come from nowhere.
        var answers = _ears.SelectMany(e => e.Answers).ToList();
        var sum = _probe.Sum();
        return new AddressEvidence(sum.Asked, sum.Heard, sum.Twice, answers, atRest)
        {
            Deaf = [.. _ears.Select(e => e.Deaf).OfType<string>()],
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await EndAsync(_probe, _ears);

    // All of them, if one fails too.
    private static Task EndAsync(EchoProbe probe, IReadOnlyList<UplinkEar> ears) =>
        Task.WhenAll(ears.Select(e => e.DisposeAsync().AsTask()).Append(probe.DisposeAsync().AsTask()));
}
