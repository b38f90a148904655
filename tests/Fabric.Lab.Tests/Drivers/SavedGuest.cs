using Fabric.Protocol;
using System.Collections.Concurrent;
using Fabric.Drivers;

namespace Fabric.Lab.Tests.Drivers;

/// <summary>
/// A booted guest as a migration stream, recorded once for each hypervisor between a source and a target that took it in;
/// so the recording is known to be whole.
/// </summary>
public sealed class SavedGuest
{
    private readonly ConcurrentDictionary<string, Lazy<Task<byte[]>>> _streams = new(StringComparer.Ordinal);

    public Task<byte[]> StreamAsync(string kind) =>
        _streams.GetOrAdd(kind, k => new Lazy<Task<byte[]>>(() => RecordAsync(k))).Value;

    private static async Task<byte[]> RecordAsync(string kind)
    {
        await using var lab = new MachineLab(kind);
        var source = await lab.StartAsync(StartMode.Boot);
        await using var log = new EventLog(source);
        using (var serial = new SerialPort(source.Directory.Serial))
        {
            await source.ContinueAsync(CancellationToken.None);
            await serial.UntilAsync("DIRTIER ready");
        }

        var (target, path) = await lab.ListenAsync();
        await using var targetLog = new EventLog(target);
        using var listener = new StreamSocket(lab.NewPath("out"));
        await source.BeginOutgoingAsync(listener.Path, MachineLab.Fast, CancellationToken.None);
        using var near = await listener.AcceptAsync();
        using var far = await StreamSocket.ConnectAsync(path);
        using var record = new MemoryStream();
        var forth = StreamSocket.CopyAsync(near, far, record);
        var back = StreamSocket.CopyAsync(far, near, null);
        await log.UntilPhaseAsync(MigrationPhase.PreSwitchover);
        await source.ContinueSwitchoverAsync(CancellationToken.None);
        await log.UntilPhaseAsync(MigrationPhase.Completed);
        await targetLog.UntilPhaseAsync(MigrationPhase.Completed);
        near.Close();
        far.Close();
        await Task.WhenAll(forth, back);
        return record.ToArray();
    }
}

/// <summary>Tests of machines run one after the other, and share the saved guests.</summary>
[CollectionDefinition(Name)]
public sealed class MachineTests : ICollectionFixture<SavedGuest>
{
    public const string Name = "machines";
}
