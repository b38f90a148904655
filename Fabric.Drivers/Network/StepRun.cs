using Fabric.Protocol;

namespace Fabric.Drivers.Network;

/// <summary>One step under way: what it finds, changes, and takes.</summary>
internal sealed class StepRun(INetworkState state, TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();
    private readonly List<NetworkFinding> _findings = [];
    private readonly List<string> _alarms = [];

    public INetworkState State => state;

    public NetworkStepResult Result(NetworkStep step, NetworkRole role) =>
        new(step, role, Micros(_begun), _findings, _alarms);

    /// <summary>What is there now, in the order of the wishes, each key once.</summary>
    public IReadOnlyList<NotedEntry> Before(IEnumerable<NetworkWish> wishes) =>
        [.. wishes.DistinctBy(w => w.Entry.Key, StringComparer.Ordinal)
            .Select(w => new NotedEntry(w.Entry, state.Read(w.Entry), w.IsShared))];

    /// <summary>Reads everything once, so that what cannot be read is said before anything is changed.</summary>
    public void Look(IEnumerable<NetworkWish> wishes)
    {
        foreach (var wish in wishes)
        {
            var begun = time.GetTimestamp();
            if (wish.IsFulfilledBy(state.Read(wish.Entry)))
                Found(wish, NetworkFound.AsWanted, begun);
        }
    }

    /// <summary>Makes it so; stops at the first that fails.</summary>
    public void Fulfil(IEnumerable<NetworkWish> wishes)
    {
        foreach (var wish in wishes)
        {
            var begun = time.GetTimestamp();
            var found = state.Read(wish.Entry);
            if (wish.IsFulfilledBy(found))
            {
                Found(wish, NetworkFound.AsWanted, begun);
                continue;
            }

            if (wish.Kind == WishKind.Present)
                state.Put(wish.Entry);
            else
                state.Remove(found!);
            Found(wish, NetworkFound.Changed, begun);
        }
    }

    /// <summary>
    /// Puts back what was noted, last things first. One that fails does not keep the others from being put back; then
    /// the
    /// first failure is thrown, and the step can be done again.
    /// </summary>
    public void PutBack(NetworkNote note)
    {
        var failures = new List<NetworkException>();
        var others = new Lazy<bool>(() => IsUsedByOthers(note.Move.Spec));
        foreach (var (key, was, shared) in note.Before.Reverse())
        {
            var begun = time.GetTimestamp();
            var wish = was is null ? NetworkWish.Without(key) : NetworkWish.For(was);
            try
            {
                if (shared && others.Value)
                    Found(wish, NetworkFound.Kept, begun);
                else
                    PutBack(wish, begun);
            }
            catch (NetworkException e)
            {
                failures.Add(e);
            }
        }

        if (failures.Count > 0)
            throw new NetworkException(
                failures[0].Fault, failures[0].Where, string.Join("; ", failures.Select(f => $"{f.Where}: {f.What}")),
                failures[0].Advice, failures[0]);
    }

    /// <summary>Does what may fail without stopping the VM; then it is an alarm.</summary>
    public void Try(Action work)
    {
        try
        {
            work();
        }
        catch (NetworkException e)
        {
            _alarms.Add(e.Message);
        }
    }

    private void PutBack(NetworkWish wish, long begun)
    {
        var found = state.Read(wish.Entry);
        if (wish.IsFulfilledBy(found))
        {
            Found(wish, NetworkFound.AsWanted, begun);
            return;
        }

        if (wish.Kind == WishKind.Absent)
        {
            state.Remove(found!);
            Found(wish, NetworkFound.Changed, begun);
            return;
        }

        try
        {
            state.Put(wish.Entry);
            Found(wish, NetworkFound.Changed, begun);
        }
        catch (NetworkException e) when (e.Fault == NetworkFault.LinkMissing && found is null)
        {
            // Its interface was there when the move began and is gone since, not by us.
            Found(wish, NetworkFound.Gone, begun);
        }
    }

    // Whether another machine's TAP is a port of this one's bridge.
    private bool IsUsedByOthers(NetworkSpec spec) =>
        spec.Bridge is { } name && state.Link(name) is { } bridge && state.Links().Any(l =>
            l.Master == bridge.Index && l.Kind is Netlink.LinkKinds.Tun
            && !string.Equals(l.Name, spec.Tap, StringComparison.Ordinal));

    private void Found(NetworkWish wish, NetworkFound found, long begun) =>
        _findings.Add(new NetworkFinding(wish.ToString(), found, Micros(begun)));

    private long Micros(long begun) => (long)time.GetElapsedTime(begun).TotalMicroseconds;
}
