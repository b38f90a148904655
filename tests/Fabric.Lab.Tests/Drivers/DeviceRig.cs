using System.Net.Sockets;
using Fabric.Drivers;
using Fabric.Drivers.Qemu;
using Fabric.Protocol;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>
/// A migration up to the moment when the target has everything and says so, and the word has not reached the source.
/// </summary>
internal sealed class DeviceRig : IAsyncDisposable
{
    private readonly MachineLab _lab;

    private DeviceRig(MachineLab lab, QemuMachine source, QemuMachine target, HeldWay way, EventLog events) =>
        (_lab, Source, Target, Way, Events) = (lab, source, target, way, events);

    public QemuMachine Source { get; }

    public QemuMachine Target { get; }

    public HeldWay Way { get; }

    public EventLog Events { get; }

    public static async Task<DeviceRig> StartAsync(string kind, SavedGuest saved)
    {
        var lab = new MachineLab(kind);
        var source = await lab.RestoreAsync(await saved.StreamAsync(kind));
        var events = new EventLog(source);
        var (target, socket) = await lab.ListenAsync();
        await using var targetEvents = new EventLog(target);
        using var listener = new StreamSocket(lab.NewPath("out"));
        await source.BeginOutgoingAsync(listener.Path, MachineLab.Fast, default);
        var way = new HeldWay(await listener.AcceptAsync(), await StreamSocket.ConnectAsync(socket));
        await events.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await source.ContinueSwitchoverAsync(default);
        await targetEvents.UntilPhaseAsync(MigrationPhase.Completed);
        await targetEvents.UntilRunAsync(RunState.Paused);
        await events.UntilPhaseAsync(MigrationPhase.Device);
        return new DeviceRig(lab, source, target, way, events);
    }

    public async ValueTask DisposeAsync()
    {
        await Way.DisposeAsync();
        await Events.DisposeAsync();
        await _lab.DisposeAsync();
    }
}

/// <summary>Carries the stream to the target, and keeps what the target answers until it is let pass.</summary>
internal sealed class HeldWay : IAsyncDisposable
{
    private readonly Socket _near;
    private readonly Socket _far;
    private readonly MemoryStream _answers = new();
    private readonly Task _forth;
    private readonly Task _back;

    public HeldWay(Socket near, Socket far)
    {
        (_near, _far) = (near, far);
        _forth = StreamSocket.CopyAsync(near, far, null);
        _back = StreamSocket.CopyAsync(far, null, _answers);
    }

    /// <summary>The target has closed, so its last word is here; now the source gets it.</summary>
    public async Task LetAnswersPassAsync()
    {
        await _back.WaitAsync(TimeSpan.FromSeconds(60));
        await _near.SendAsync(_answers.ToArray());
    }

    public void Cut() => _near.Close();

    public async ValueTask DisposeAsync()
    {
        _near.Close();
        _far.Close();
        await Task.WhenAll(_forth, _back);
    }
}
