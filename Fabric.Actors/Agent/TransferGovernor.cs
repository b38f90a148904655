using System.Threading.Channels;
using Fabric.Drivers;
using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Actors.Agent;

/// <summary>
/// The shell around <see cref="TransferPilot"/>: hears a sending hypervisor's rounds and numbers, holds it and its data
/// link to what the pilot says, and tells what was decided. In a task of its own, for a hypervisor that hangs must not
/// keep anybody from hearing that. From the switchover on it is silent, and nothing holds the link any more: the guest
/// stands still, and what is decided then is the coordinator's.
/// </summary>
internal sealed class TransferGovernor : IAsyncDisposable
{
    private readonly AgentTools _tools;
    private readonly Stamp _stamp;
    private readonly Action<Report> _report;
    private readonly Channel<PilotInput> _heard = Channel.CreateBounded<PilotInput>(
        new BoundedChannelOptions(Limits.Convergence.PilotInputsMax)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.DropOldest,
        });
    private readonly CancellationTokenSource _stop = new();
    private readonly long _began;
    private readonly HostLine.Sharer _share;
    private readonly Lock _pacing = new();
    private PilotState _pilot;
    private TransferLimits? _held;
    private IDataLink? _link;
    private long _pace;
    private long _lineShare;
    private int _connections;
    private Task _governing = Task.CompletedTask;
    private volatile bool _switching;

    /// <param name="tools">The host's.</param>
    /// <param name="order">What is to be sent, and how.</param>
    /// <param name="report">Hears decisions.</param>
    public TransferGovernor(AgentTools tools, BeginTransfer order, Action<Report> report)
    {
        (_tools, _stamp, _report) = (tools, order.Stamp, report);
        _began = tools.Time.GetTimestamp();
        var deadline = TimeSpan.FromMilliseconds(order.DeadlineInMs ?? Limits.Convergence.NoDeadlineMs);
        // The pilot is told of the line's share as of everything else, so it begins without one.
        _lineShare = order.LineShare ?? 0;
        _pilot = TransferPilot.Begin(order.Policy, share: 0, _lineShare, deadline, TimeSpan.Zero);
        _connections = order.Policy.Connections;
        _share = tools.Line.Join(Wanted(order.Policy), share => Hear(new PilotShare(share)));
    }

    /// <summary>What the data link is held to, bytes a second on the wire; 0 is unlimited.</summary>
    public long Pace => Volatile.Read(ref _pace);

    /// <summary>How the hypervisor is to begin: at the first rate, and held back.</summary>
    public TransferPolicy First => _pilot.Policy with
    {
        BandwidthMax = _pilot.Limits.BandwidthMax,
        DowntimeLimitMs = _pilot.Limits.DowntimeLimitMs,
    };

    /// <summary>The data link is there, and nothing was sent on it.</summary>
    public void Hold(IDataLink link)
    {
        _link = link;
        if (_connections > 0)
            link.Want(_connections);
        Hold(_pilot.Rate);
    }

    /// <summary>Takes over from the moment when the hypervisor was told to migrate.</summary>
    /// <param name="machine">It.</param>
    /// <param name="broke">Hears that the attempt is given up.</param>
    public void Start(IMachine machine, Func<TransferBroke, ValueTask> broke)
    {
        _held = _pilot.Limits;
        _governing = Task.Run(() => GovernAsync(machine, broke));
    }

    /// <summary>Something was seen, or is wished.</summary>
    public void Hear(PilotInput input)
    {
        if (!_switching)
            _heard.Writer.TryWrite(input);
    }

    /// <summary>It is to be sent in another way.</summary>
    public void Adjust(TransferPolicy policy, long? lineShare)
    {
        _lineShare = lineShare ?? _lineShare;
        Hear(new PilotPolicy(policy));
        Hear(new PilotLineShare(_lineShare));
        _share.Want(Wanted(policy));
        if (Interlocked.Exchange(ref _connections, policy.Connections) != policy.Connections)
            _link?.Want(policy.Connections);
    }

    /// <summary>The hypervisor was looked at.</summary>
    public void Hear(MachineLook look)
    {
        if (look.Phase is MigrationPhase.None or MigrationPhase.Setup or MigrationPhase.Active)
            return;
        _switching = true;
        Hold(0);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _share.Dispose();
        _heard.Writer.TryComplete();
        await _stop.CancelAsync();
        await _governing;
        _stop.Dispose();
    }

    private async Task GovernAsync(IMachine machine, Func<TransferBroke, ValueTask> broke)
    {
        try
        {
            await foreach (var input in _heard.Reader.ReadAllAsync(_stop.Token))
            {
                if (_switching)
                    return;
                var step = TransferPilot.Step(_pilot, input, _tools.Time.GetElapsedTime(_began));
                _pilot = step.State;
                foreach (var decision in step.Told)
                {
                    AgentLog.Decided(_tools.Log, _stamp.ToString(), decision.Kind, decision.Value, decision.Why);
                    _report(new DecisionReport(_stamp, decision));
                }

                if (step.GiveUp is { } why)
                {
                    await broke(new TransferBroke(FailureReason.DidNotConverge, why));
                    return;
                }

                Hold(_pilot.Rate);
                await HoldAsync(machine);
            }
        }
        catch (OperationCanceledException)
        {
            // The transfer is closed.
        }
    }

    /// <summary>What it takes of the host's line at most, bytes a second; 0 is as much as there is.</summary>
    private long Wanted(TransferPolicy policy) =>
        new[] { policy.BandwidthMax, _lineShare }.Where(most => most > 0).DefaultIfEmpty().Min();

    /// <summary>Once it switches over, a decision that was late must not hold the last copy back.</summary>
    private void Hold(long rate)
    {
        lock (_pacing)
        {
            var now = _switching ? 0 : rate;
            if (Interlocked.Exchange(ref _pace, now) != now)
                _link?.Pace(now);
        }
    }

    // What could not be set is set with the next input: limits are held to, not given once.
    private async Task HoldAsync(IMachine machine)
    {
        var limits = _pilot.Limits;
        if (limits == _held)
            return;
        try
        {
            await machine.LimitAsync(limits, _stop.Token);
            _held = limits;
        }
        catch (HypervisorException e)
        {
            AgentLog.LimitsNotSet(_tools.Log, _stamp.ToString(), e);
        }
    }
}
