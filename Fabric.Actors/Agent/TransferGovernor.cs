using System.Threading.Channels;
using Fabric.Drivers;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// The shell around <see cref="TransferPilot"/>: hears a sending hypervisor's rounds and numbers, holds it to what the
/// pilot says, and tells what was decided. In a task of its own, for a hypervisor that hangs must not keep anybody from
/// hearing that. From the switchover on it is silent: what is decided then is the coordinator's.
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
    private PilotState _pilot;
    private TransferLimits? _held;
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
        _pilot = TransferPilot.Begin(order.Policy, share: 0, deadline, TimeSpan.Zero);
        _share = tools.Line.Join(order.Policy.BandwidthMax, share => Hear(new PilotShare(share)));
    }

    /// <summary>How the hypervisor is to begin: at the first rate, and held back.</summary>
    public TransferPolicy First => _pilot.Policy with
    {
        BandwidthMax = _pilot.Limits.BandwidthMax,
        DowntimeLimitMs = _pilot.Limits.DowntimeLimitMs,
    };

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
    public void Adjust(TransferPolicy policy)
    {
        Hear(new PilotPolicy(policy));
        _share.Want(policy.BandwidthMax);
    }

    /// <summary>The hypervisor was looked at.</summary>
    public void Hear(MachineLook look)
    {
        if (look.Phase is not (MigrationPhase.None or MigrationPhase.Setup or MigrationPhase.Active))
            _switching = true;
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

                await HoldAsync(machine);
            }
        }
        catch (OperationCanceledException)
        {
            // The transfer is closed.
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
