using Fabric.Actors.Coordination;
using Fabric.Protocol;
using Fabric.Simulation.Engine;
using Fabric.Simulation.World;

namespace Fabric.Simulation.Runs;

/// <summary>What is done at an effect.</summary>
public enum EffectMode
{
    /// <summary>It does nothing.</summary>
    Fails,

    /// <summary>It is run twice.</summary>
    RunsTwice,

    /// <summary>Its process dies when it has been run; what comes behind it never is.</summary>
    CrashAfter,

    /// <summary>The append before it is not made.</summary>
    JournalFails,

    /// <summary>The append before it is made, and not acknowledged.</summary>
    ReplyLost,
}

/// <summary>
/// Does one thing at the n-th effect of a type, whichever actor decides on it; with no type it only counts. The types
/// themselves are found by reflection, so a new effect is walked the day it exists.
/// </summary>
/// <param name="effect">The effect's type.</param>
/// <param name="occurrence">From 1.</param>
/// <param name="mode">What is done.</param>
public sealed class EffectWalk(Type? effect = null, int occurrence = 0, EffectMode mode = default)
{
    /// <summary>Longer than an append and its acknowledgement take.</summary>
    private static readonly long AfterTheAppend = SimScheduler.Ms(3);

    private readonly Dictionary<Type, int> _seen = [];
    private (object Effect, Action<long> Crash)? _crash;
    private object? _failing;

    /// <summary>How often each type was decided on.</summary>
    public IReadOnlyDictionary<Type, int> Seen => _seen;

    /// <summary>Every effect of the three machines.</summary>
    public static IReadOnlyList<Type> Types { get; } =
    [
        .. typeof(CopyEffect).Assembly.GetTypes().Where(t => !t.IsAbstract && t.BaseType is { } machine
            && (machine == typeof(CopyEffect) || machine == typeof(MigrationEffect) || machine == typeof(VmEffect)))
            .OrderBy(t => t.Name, StringComparer.Ordinal),
    ];

    internal Deciders Around(Deciders right, SimDisk disk, Func<bool> counts, Action<long> crash) => new()
    {
        Vm = (state, input, now) =>
        {
            var decision = right.Vm(state, input, now);
            return decision with { Effects = Walk(decision.Effects, decision.Events.Count > 0, disk, counts, crash) };
        },
        Migration = (state, input, now, hold) =>
        {
            var decision = right.Migration(state, input, now, hold);
            var durable = decision.Events.Any(e => e is not SightEvent);
            return decision with { Effects = Walk(decision.Effects, durable, disk, counts, crash) };
        },
        Copy = (state, input) =>
        {
            var decision = right.Copy(state, input);
            var durable = decision.Events.Any(e => e is not CopySight);
            return decision with { Effects = Walk(decision.Effects, durable, disk, counts, crash) };
        },
    };

    /// <summary>Whether a host's hands are to fail at this one.</summary>
    internal bool TakeFailing(object effect)
    {
        if (!ReferenceEquals(_failing, effect))
            return false;
        _failing = null;
        return true;
    }

    /// <summary>A host's hands have done it.</summary>
    internal void Done(object done)
    {
        if (_crash is not { } at || !ReferenceEquals(at.Effect, done))
            return;
        _crash = null;
        at.Crash(0);
    }

    private IReadOnlyList<T> Walk<T>(IReadOnlyList<T> effects, bool durable, SimDisk disk, Func<bool> counts, Action<long> crash)
        where T : class
    {
        if (!counts())
            return effects;
        for (var i = 0; i < effects.Count; i++)
        {
            var type = effects[i].GetType();
            _seen[type] = _seen.GetValueOrDefault(type) + 1;
            if (type == effect && _seen[type] == occurrence)
                return Spoilt(effects, i, durable, disk, crash);
        }

        return effects;
    }

    private List<T> Spoilt<T>(IReadOnlyList<T> effects, int at, bool durable, SimDisk disk, Action<long> crash)
        where T : class
    {
        switch (mode)
        {
            case EffectMode.Fails when effects[at] is CopyEffect and not SendReport:
                _failing = effects[at];
                return [.. effects];
            case EffectMode.Fails:
                return [.. effects.Where((_, i) => i != at)];
            case EffectMode.RunsTwice:
                return [.. effects.Take(at + 1), .. effects.Skip(at)];
            case EffectMode.CrashAfter:
                if (effects[at] is CopyEffect and not SendReport)
                    _crash = (effects[at], crash);
                else
                    crash(AfterTheAppend);
                return [.. effects.Take(at + 1)];
            case EffectMode.JournalFails or EffectMode.ReplyLost:
                if (durable)
                    disk.FailNext(mode == EffectMode.ReplyLost ? DiskFault.ReplyLost : DiskFault.Full, 1);
                return [.. effects];
            default:
                throw new InvalidOperationException($"{mode} is not a mode");
        }
    }
}
