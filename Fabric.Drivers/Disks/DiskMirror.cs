using System.Net.Sockets;
using Fabric.Drivers.Disks.Nbd;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>
/// The synchronous part of a copy: from <see cref="StartAsync"/> on a write of the guest is at the target before the guest
/// hears that it is done, so nothing new is left over.
/// <para>
/// The machine's job passes each write to the agent (<see cref="MirrorServer"/>), and the agent to the target, on the
/// copy's own connection, beside what the round under way still copies. Why what is there in the end is what the source
/// has:
/// </para>
/// <list type="number">
/// <item>The round that runs beside it copies what was written before the job was there, and a little after: its bits are
/// taken when the job is there already. What was never in a round after that is at the target by the job alone.</item>
/// <item>A piece of the round holds its stretch from when it is written until the target has answered, and so does each write
/// of the guest (<see cref="DiskRanges"/>); a piece into whose stretch a write came since it was read is read again. So a
/// piece cannot bring an older state over a newer: what came before it had been read is in it, and what comes later is
/// passed on behind it.</item>
/// <item>The machine writes its own disk first, passes the write on afterwards, and lets no second write into the same place
/// between these. So a write passed on behind a piece is as new as what the piece had read there, or newer.</item>
/// <item>A write of the guest waits for the target, and not for a read of this machine's disk, or for a moment only: the
/// machine stops reading while an order of its monitor waits until all writes are over.</item>
/// <item>In the pause the job is ended in order, which waits for all it has passed on; one flush makes it durable.</item>
/// </list>
/// <para>
/// What went before counts on: the bitmap notes every write, mirrored or not, and none of it is taken as copied before that
/// flush. Whatever breaks (the job, the target, the link, this program), the copy goes on with a round of all that was
/// written since the job began.
/// </para>
/// </summary>
internal sealed class DiskMirror : IAsyncDisposable
{
    private readonly IMachineDisks _machine;
    private readonly DiskId _disk;
    private readonly MirrorServer _server;
    private readonly Task<bool> _broken;
    private bool _isGone;

    private DiskMirror(IMachineDisks machine, DiskId disk, MirrorServer server, Action<string> note)
    {
        (_machine, _disk, _server) = (machine, disk, server);
        _broken = BreaksAsync(note);
    }

    /// <summary>No write of the guest was lost to it so far.</summary>
    public bool IsWhole => !_server.Over.IsCompleted;

    /// <summary>Completes when it broke, with nothing of it left in the machine's way.</summary>
    public Task Broken => _broken;

    /// <summary>Begins.</summary>
    /// <returns>Null when the machine does not.</returns>
    public static async Task<DiskMirror?> StartAsync(
        IMachineDisks machine, DiskId disk, string socket, NbdClient target, RangeGate gate, CopyCounters counters,
        TimeProvider time, Action<string> note, CancellationToken cancellation)
    {
        MirrorServer server;
        try
        {
            server = new MirrorServer(socket, target, gate, counters, time);
        }
        catch (Exception e) when (e is SocketException or IOException or ArgumentException)
        {
            note($"its writes cannot be taken at {socket}: {e.Message}");
            return null;
        }

        try
        {
            await machine.MirrorAsync(disk, socket, cancellation);
            return new DiskMirror(machine, disk, server, note);
        }
        catch (HypervisorException e) when (e.Fault == HypervisorFault.Refused)
        {
            note($"the machine does not pass its writes on: {e.Message}");
            await server.DisposeAsync();
            await machine.EndMirrorAsync(disk, inOrder: false, cancellation);
            return null;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The guest is paused: ends in order.</summary>
    /// <returns>Whether all that the guest wrote since it began has been answered by the target.</returns>
    public async Task<bool> FinishAsync(CancellationToken cancellation)
    {
        if (!IsWhole)
            return false;
        _server.ExpectEnd();
        var inOrder = await _machine.EndMirrorAsync(_disk, inOrder: true, cancellation);
        _isGone = true;
        await _server.DisposeAsync();
        return inOrder && await _server.Over is null;
    }

    /// <summary>Ends it. Its connection first: a job whose peer hangs cannot be ended.</summary>
    /// <exception cref="HypervisorException">Something of it may be left in the machine's way.</exception>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (!await _broken && !_isGone)
            await _machine.EndMirrorAsync(_disk, inOrder: false, CancellationToken.None);
        _isGone = true;
    }

    private async Task<bool> BreaksAsync(Action<string> note)
    {
        if (await _server.Over is not { } why)
            return false;
        note($"the guest's writes do not wait for the target any more: {why}");
        await _machine.EndMirrorAsync(_disk, inOrder: false, CancellationToken.None);
        return true;
    }
}
