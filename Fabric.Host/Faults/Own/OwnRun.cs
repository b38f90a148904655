using System.Text;
using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Client;
using Fabric.Host.Faults.Plan;
using Fabric.Host.Faults.Run;
using Fabric.Host.Faults.Truth;
using Fabric.Protocol;

namespace Fabric.Host.Faults.Own;

/// <summary>
/// One case on hosts that are there already. Their hypervisors cannot be asked from here, so what is checked is what
/// the API says: it must have an outcome, the VM must run where that says, both hosts must be back, and after anything
/// but completion the same migration must succeed.
/// </summary>
internal sealed class OwnRun(OwnPlan plan, OwnCase one, TimeSpan settle, FabricClient client, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly long _began = time.GetTimestamp();
    private readonly List<string> _afterwards = [];

    /// <summary>Runs it.</summary>
    /// <exception cref="LabException">It could not be carried out.</exception>
    public async Task<CaseResult> RunAsync(CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(settle * 2, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            return await RunWithinAsync(either.Token);
        }
        catch (Exception e) when (e is FabricApiException or FabricUnreachableException or FabricUnknownException)
        {
            throw new LabException($"The coordinator did not do what was asked: {e.Message}", e);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw new LabException($"It did not come to an end within {settle * 2}.");
        }
    }

    private async Task<CaseResult> RunWithinAsync(CancellationToken cancellation)
    {
        var (id, target) = await BeginAsync(cancellation);
        var broke = await BreakAsync(id, target, cancellation);
        var end = await AgainAsync(() => EndAsync(id, cancellation), cancellation);
        var rules = new List<RuleResult> { await RunsWhereSaidAsync(end, cancellation) };
        rules.Add(await HostsBackAsync(cancellation));
        rules.Add(await RetryAsync(end, cancellation));
        var record = await RecordAsync(id, cancellation);
        return new CaseResult
        {
            Id = one.Name,
            Fault = one.Name,
            Stage = FaultNames.WordOf(one.At),
            Verdict = rules.TrueForAll(r => r.Held) ? Verdict.Held : Verdict.Broken,
            DurationMs = time.GetElapsedTime(_began).TotalMilliseconds,
            Outcome = end.Outcome is { } outcome ? FaultNames.WordOf(outcome) : "held",
            Reason = end.Reason?.ToString(),
            Detail = end.Detail,
            Attempts = end.Attempt,
            FailedAttempts = [.. (end.Attempts ?? []).Select(a => a.Reason?.ToString()).OfType<string>()],
            Broke = broke,
            MigrationMs = (end.EndedAt - end.StartedAt)?.TotalMilliseconds,
            DowntimeMs = end.Downtime?.TotalMs,
            Afterwards = _afterwards,
            Rules = rules,
            Timeline = Timeline.Of(record, [], broke),
        };
    }

    private async Task<(string Id, string Target)> BeginAsync(CancellationToken cancellation)
    {
        var vm = await client.GetVmAsync(plan.Vm, cancellation);
        if (vm.State is not "running" || !plan.Hosts.Contains(vm.Host.Value, StringComparer.Ordinal))
        {
            throw new LabException(
                $"VM {plan.Vm} is {vm.State} at {vm.Host}; it must run at {string.Join(" or ", plan.Hosts)}.");
        }

        var target = plan.Hosts.First(h => !string.Equals(h, vm.Host.Value, StringComparison.Ordinal));
        return ((await client.MigrateAsync(plan.Vm, new MigrateRequest { Target = target }, cancellation)).Id.Value,
            target);
    }

    /// <summary>
    /// As soon as the stage is seen; a stage that passes between two looks is broken in the next one.
    /// </summary>
    private async Task<BreakReport> BreakAsync(string id, string target, CancellationToken cancellation)
    {
        var wanted = FaultNames.KindOf(one.At);
        MigrationSummary now;
        while (!Reached(now = await client.GetMigrationAsync(id, cancellation), wanted))
            await Task.Delay(LookEvery, time, cancellation);
        var report = new BreakReport(
            FaultNames.WordOf(now.Stage), now.Attempt, CaseWords.Of(one), Armed: false, time.GetUtcNow());
        try
        {
            await OwnCommand.RunAsync(one.Break, time, cancellation);
            await AskAsync(id, target, cancellation);
            await Task.Delay(one.For, time, cancellation);
        }
        finally
        {
            // Also after a failure, and when it is interrupted: what was broken is not left so.
            await OwnCommand.RunAsync(one.Mend, time, CancellationToken.None);
        }

        return report with { Until = time.GetUtcNow() };
    }

    private static bool Reached(MigrationSummary now, StageKind wanted) =>
        now.Stage >= wanted || now.Outcome is not null;

    /// <summary>Too late, or a second migration of a VM that has one, is refused; the answer is noted.</summary>
    private async Task AskAsync(string id, string target, CancellationToken cancellation)
    {
        if (one.Ask == OwnAsk.Nothing)
            return;
        try
        {
            if (one.Ask == OwnAsk.Cancel)
                _afterwards.Add($"cancel: {(await client.CancelMigrationAsync(id, cancellation)).Text}");
            else
                _afterwards.Add($"second: {(await client.MigrateAsync(
                    plan.Vm, new MigrateRequest { Target = target }, cancellation)).Id}");
        }
        catch (FabricApiException e)
        {
            _afterwards.Add($"{FaultNames.WordOf(one.Ask)} was refused: {e.Message}");
        }
    }

    private async Task<MigrationSummary> EndAsync(string id, CancellationToken cancellation)
    {
        while (true)
        {
            var now = await client.GetMigrationAsync(id, cancellation);
            if (now.Outcome is not null || now.Stage == StageKind.OnHold)
                return now;
            await Task.Delay(LookEvery, time, cancellation);
        }
    }

    private async Task<RuleResult> RunsWhereSaidAsync(MigrationSummary end, CancellationToken cancellation)
    {
        if (end.Outcome is null || end.Keeper is not (Keeper.Source or Keeper.Target))
            return new RuleResult("runsWhereSaid", [], "nothing runs by this outcome: an operator is needed");
        var host = end.Keeper == Keeper.Target ? end.Target : end.Source;
        VmSummary? vm = null;
        var runs = await WithinAsync(async () =>
        {
            vm = await client.GetVmAsync(plan.Vm, cancellation);
            return vm.State is "running" && vm.Host == host;
        }, cancellation);
        return new RuleResult(
            "runsWhereSaid", runs ? [] : [$"by its outcome {plan.Vm} runs at {host}; it is {vm?.State} at {vm?.Host}"],
            $"{plan.Vm} at {host}");
    }

    private async Task<RuleResult> HostsBackAsync(CancellationToken cancellation)
    {
        string[] away = [];
        var back = await WithinAsync(async () =>
        {
            var hosts = (await client.ListHostsAsync(cancellation)).Hosts;
            away = [.. plan.Hosts.Where(
                p => !hosts.Any(h => h.Connected && h.Name.Value.Equals(p, StringComparison.Ordinal)))];
            return away.Length == 0;
        }, cancellation);
        return new RuleResult("hostsAreBack", back ? [] : [$"not connected: {string.Join(", ", away)}"], "both hosts");
    }

    private async Task<RuleResult> RetryAsync(MigrationSummary end, CancellationToken cancellation)
    {
        if (end.Outcome is MigrationOutcome.Completed or null or MigrationOutcome.Lost)
            return new RuleResult("retryWorks", [], "not needed");
        var (id, _) = await BeginAsync(cancellation);
        var again = await EndAsync(id, cancellation);
        _afterwards.Add($"second migration: {again.Outcome}");
        return new RuleResult(
            "retryWorks",
            again.Outcome == MigrationOutcome.Completed ? [] : [$"the second one ended as {again.Outcome}"],
            "a second migration was made");
    }

    private async Task<MigrationRecord> RecordAsync(string id, CancellationToken cancellation)
    {
        var page = await client.JournalAsync(id, 0, cancellation);
        return new MigrationRecord([.. page.Events.Select(e => new JournalLine(
            (MigrationEvent)FabricEvents.Registry.Deserialize(
                FabricEvents.StreamOf(MigrationId.Of(id)), e.Version, e.Name,
                Encoding.UTF8.GetBytes(e.Event.GetRawText())),
            e.At))]);
    }

    private async Task<bool> WithinAsync(Func<Task<bool>> isSo, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (!await AgainAsync(isSo, cancellation))
        {
            if (time.GetElapsedTime(began) > settle)
                return false;
            await Task.Delay(LookEvery, time, cancellation);
        }

        return true;
    }

    /// <summary>What was broken may be the way to the coordinator: a look that fails is made again.</summary>
    private async Task<T> AgainAsync<T>(Func<Task<T>> look, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await look();
            }
            catch (Exception e) when (
                e is FabricUnreachableException or FabricUnknownException && time.GetElapsedTime(began) < settle)
            {
                await Task.Delay(LookEvery, time, cancellation);
            }
        }
    }
}
