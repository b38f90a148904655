using System.Text.Json.Nodes;
using Fabric.Embedded.Guest;
using Fabric.Embedded.Qmp;

namespace Fabric.Embedded.Machine;

/// <summary>
/// Whether the guest runs, in QEMU's states and with its events. STOP is told when the vCPU stands, RESUME before it
/// runs: so between the two nothing was executed, whoever wrote the times down.
/// <para>All calls are made under the main lock.</para>
/// </summary>
internal sealed class RunControl(Vcpu vcpu, QmpEvents events, string first, bool runsAfterLoad)
{
    private bool _runsAfterLoad = runsAfterLoad;
    private volatile bool _isRetired;

    /// <summary>QEMU's word.</summary>
    public string State { get; private set; } = first;

    /// <summary>The vCPU runs.</summary>
    public bool IsRunning => Is(RunStates.Running);

    /// <summary>The command <c>cont</c>.</summary>
    public void Continue()
    {
        if (Is(RunStates.Inmigrate))
            _runsAfterLoad = true;
        else if (Is(RunStates.FinishMigrate))
            throw QmpRefusal.Of("Migration is not finalized yet");
        else if (Is(RunStates.Shutdown))
            throw QmpRefusal.Of("Resetting the Virtual Machine is required");
        else
            Run();
    }

    /// <summary>The command <c>stop</c>.</summary>
    public void Pause()
    {
        if (Is(RunStates.Inmigrate))
            _runsAfterLoad = false;
        else
            StandIn(RunStates.Paused);
    }

    /// <summary>A migration's last step: stands until it is known who goes on. Returns the state before.</summary>
    public string Freeze()
    {
        var before = State;
        StandIn(RunStates.FinishMigrate);
        State = RunStates.FinishMigrate;
        return before;
    }

    /// <summary>The migration did not come about; the guest is as it was before.</summary>
    public void Thaw(string before)
    {
        if (!Is(RunStates.FinishMigrate))
            return;
        if (string.Equals(before, RunStates.Running, StringComparison.Ordinal))
            Run();
        else
            State = before;
    }

    /// <summary>Handed over: it runs again only by <c>cont</c>.</summary>
    public void HandOver() => State = RunStates.Postmigrate;

    /// <summary>Taken in: it runs if it ran before and is not to be held; one that had turned itself off stays off.</summary>
    public void Loaded(string sourceState)
    {
        State = sourceState is RunStates.Shutdown ? sourceState : RunStates.Paused;
        if (_runsAfterLoad && sourceState is RunStates.Running)
            Run();
    }

    /// <summary>The guest turned itself off. The process stays, so that an agent can tell this from a crash.</summary>
    public void PowerOff()
    {
        if (Is(RunStates.Shutdown))
            return;
        events.Tell("SHUTDOWN", new JsonObject { ["guest"] = true, ["reason"] = "guest-shutdown" });
        StandIn(RunStates.Shutdown);
        State = RunStates.Shutdown;
    }

    /// <summary>
    /// The process ends: whatever a migration does on its way out, the guest does not start to run again. The one call
    /// that needs no main lock.
    /// </summary>
    public void Retire() => _isRetired = true;

    private bool Is(string state) => string.Equals(State, state, StringComparison.Ordinal);

    private void Run()
    {
        if (IsRunning || _isRetired)
            return;
        State = RunStates.Running;
        events.Tell("RESUME");
        vcpu.Continue();
    }

    private void StandIn(string state)
    {
        if (!IsRunning)
            return;
        vcpu.Stop();
        State = state;
        events.Tell("STOP");
    }
}
