using System.CommandLine;
using Fabric.Actors.Coordination;
using Fabric.Host.Client;

namespace Fabric.Host.Cli;

/// <summary>Waits, on the coordinator's events, until a VM has come to the state that was asked for.</summary>
internal sealed class VmWait
{
    private const long DefaultMs = 60_000;

    private readonly Option<long?> _wait = UnitOptions.Duration("--wait", "How long to wait for it (60s)");
    private readonly Option<bool> _detach = new("--detach") { Description = "Do not wait for it" };

    public void AddTo(Command command)
    {
        command.Options.Add(_wait);
        command.Options.Add(_detach);
    }

    public async Task<int> UntilAsync(
        Invocation run, FabricClient client, VmSummary vm, string wanted, CancellationToken cancellation)
    {
        if (!run.Get(_detach))
        {
            var within = TimeSpan.FromMilliseconds(run.Get(_wait) ?? DefaultMs);
            vm = await SettledAsync(client, vm, within, run.Cli.Time, cancellation);
        }

        VmText.Write(run.Output, vm);
        return run.Get(_detach) || string.Equals(vm.State, wanted, StringComparison.Ordinal)
            ? ExitCode.Ok
            : ExitCode.Unexpected;
    }

    private static async Task<VmSummary> SettledAsync(
        FabricClient client, VmSummary vm, TimeSpan within, TimeProvider time, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            if (IsSettled(vm))
                return vm;
            await foreach (var told in client.WatchAsync(either.Token))
            {
                if (told.Kind is "snapshot")
                    vm = await client.GetVmAsync(vm.Name.Value, either.Token);
                else if (told.Vm is { } notice && notice.Name == vm.Name)
                    vm = notice.Vm ?? throw new FabricUnknownException($"VM {vm.Name} was deleted meanwhile.");
                if (IsSettled(vm))
                    return vm;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new FabricUnknownException(
                $"VM {vm.Name} is {vm.State} after {Show.Ms(within.TotalMilliseconds)}; it goes on.");
        }

        throw new FabricUnknownException($"The server ended the watch while VM {vm.Name} is {vm.State}.");
    }

    private static bool IsSettled(VmSummary vm) => vm.State is "running" or "stopped" or "crashed" or "migrating";
}
