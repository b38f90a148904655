using System.Collections.Concurrent;
using System.Globalization;
using Fabric.Protocol;

namespace Fabric.Actors.Agent;

/// <summary>
/// What of this host's memory and of its places for migrations is taken. An estimate for prechecks, not a lock.
/// </summary>
public sealed class HostCapacity(AgentOptions options)
{
    private readonly ConcurrentDictionary<VmId, Claim> _claims = new();

    /// <summary>What guests may use in all.</summary>
    public long TotalBytes => options.MemoryLimitBytes > 0 ? options.MemoryLimitBytes : ReadKiB("MemTotal:") * 1024;

    /// <summary>What is not promised: with a limit, what is left of it; else what the kernel calls available.</summary>
    public long FreeBytes => Math.Max(0, options.MemoryLimitBytes > 0
        ? options.MemoryLimitBytes - _claims.Values.Sum(c => c.Bytes)
        : (ReadKiB("MemAvailable:") * 1024) - _claims.Values.Where(c => c.Incoming).Sum(c => c.Bytes));

    /// <summary>Notes what the copy of a VM takes now.</summary>
    public void Note(VmId vm, long bytes, bool incoming, bool migrating) =>
        _claims[vm] = new Claim(bytes, incoming, migrating);

    /// <summary>Notes that a copy that is here is in a migration, or not any more.</summary>
    public void NoteMigrating(VmId vm, bool migrating)
    {
        if (_claims.TryGetValue(vm, out var claim))
            _claims[vm] = claim with { Incoming = claim.Incoming && migrating, Migrating = migrating };
    }

    /// <summary>Nothing of the VM is here any more.</summary>
    public void Forget(VmId vm) => _claims.TryRemove(vm, out _);

    /// <summary>What stands in the way of one more migration here.</summary>
    public IEnumerable<Obstacle> Obstacles(Precheck order)
    {
        var migrating = _claims.Count(c => c.Value.Migrating && c.Key != order.Spec.Id);
        if (migrating >= options.MigrationsMax)
        {
            yield return new Obstacle(FailureReason.HostBusy, string.Create(
                CultureInfo.InvariantCulture,
                $"{migrating} of at most {options.MigrationsMax} migrations run on {options.Host}"));
        }

        if (order.Side != Side.Target)
            yield break;
        foreach (var homeless in options.HomelessDisks(order.Spec))
            yield return new Obstacle(FailureReason.DisksUnfit, homeless);
        var free = FreeBytes + (_claims.TryGetValue(order.Spec.Id, out var own) ? own.Bytes : 0);
        if (order.Spec.MemoryBytes() > free)
        {
            yield return new Obstacle(FailureReason.MemoryShort, string.Create(
                CultureInfo.InvariantCulture,
                $"{order.Spec.Id} needs {order.Spec.MemoryBytes() >> 20} MiB and {options.Host} has " +
                $"{free >> 20} MiB free"));
        }
    }

    private static long ReadKiB(string key)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith(key, StringComparison.Ordinal))
                return long.Parse(line.AsSpan(key.Length).TrimEnd("kB ").Trim(), CultureInfo.InvariantCulture);
        }

        return 0;
    }

    private sealed record Claim(long Bytes, bool Incoming, bool Migrating);
}
