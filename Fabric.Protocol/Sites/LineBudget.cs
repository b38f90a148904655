using System.Collections.Immutable;

namespace Fabric.Protocol;

/// <summary>A migration at a link.</summary>
/// <param name="Claim">What it said last.</param>
/// <param name="Admitted">It has a place.</param>
/// <param name="HeardAt">When it said that, on whatever clock the caller has.</param>
public sealed record LineUser(LineClaim Claim, bool Admitted, TimeSpan HeardAt);

/// <summary>
/// A link's places and bandwidth, as a value. Places go by the time at which migrations were asked for; a migration whose
/// attempts have begun has one, for what is under way is not stopped. Bandwidth is shared max-min fairly by those that
/// send. It holds nothing that its users do not say again, so it can be lost at any time.
/// </summary>
/// <param name="Link">The link.</param>
/// <param name="Users">In the order in which places are given.</param>
/// <param name="Began">
/// When it began to hear. Until <see cref="Limits.Rate.LineSettlesMs"/> later nobody gets a new place: those that have
/// one may not have said so yet.
/// </param>
public sealed record LineBudget(WanLink Link, ImmutableArray<LineUser> Users, TimeSpan Began)
{
    /// <summary>Without users.</summary>
    public static LineBudget Of(WanLink link, TimeSpan now) => new(link, [], now);

    private int PlacesMax => Link.MigrationsMax == 0
        ? Limits.Rate.SharersMax
        : Math.Min(Link.MigrationsMax, Limits.Rate.SharersMax);

    /// <summary>A migration says what it wants. One too many to be known is not: it says so again.</summary>
    public LineBudget Heard(LineClaim claim, TimeSpan now)
    {
        var others = Users.RemoveAll(u => u.Claim.Migration == claim.Migration);
        if (others.Length >= Limits.Rate.LineUsersMax)
            return this;
        var before = others.Length == Users.Length ? null : Users.First(u => u.Claim.Migration == claim.Migration);
        var user = new LineUser(claim, claim.Holds || before is { Admitted: true }, now);
        return (this with
        {
            Users = [.. others.Append(user).OrderBy(u => u.Claim.Since)
                .ThenBy(u => u.Claim.Migration.Value, StringComparer.Ordinal)],
        }).Looked(now);
    }

    /// <summary>A migration has no use for it any more.</summary>
    public LineBudget Left(MigrationId migration, TimeSpan now) =>
        (this with { Users = Users.RemoveAll(u => u.Claim.Migration == migration) }).Looked(now);

    /// <summary>Time passed: who was not heard for long is gone, and who waits may have a place.</summary>
    public LineBudget Looked(TimeSpan now)
    {
        var users = Users.RemoveAll(u => (now - u.HeardAt).TotalMilliseconds >= Limits.Rate.LineClaimLastsMs);
        if ((now - Began).TotalMilliseconds < Limits.Rate.LineSettlesMs && Link.MigrationsMax > 0)
            return this with { Users = users };
        var free = PlacesMax - users.Count(u => u.Admitted);
        return this with
        {
            Users = [.. users.Select(u => u.Admitted || free-- <= 0 ? u : u with { Admitted = true })],
        };
    }

    /// <summary>What each user is to know.</summary>
    public ImmutableArray<(MigrationId Migration, LineSight Sight)> Sights()
    {
        // More than can share it have places only after a configuration that was made smaller: the rest goes unshared.
        var sending = Users.Where(u => u is { Admitted: true, Claim.Sends: true }).Take(Limits.Rate.SharersMax).ToArray();
        var shares = FairShare.Of(Link.BandwidthMax, [.. sending.Select(u => u.Claim.Wanted)]);
        var bySender = sending.Zip(shares).ToDictionary(
            s => s.First.Claim.Migration, s => Link.BandwidthMax == 0 ? 0 : Math.Max(Limits.Rate.BytesPerSecondMin, s.Second));
        var sights = ImmutableArray.CreateBuilder<(MigrationId, LineSight)>(Users.Length);
        var waiting = 0;
        foreach (var u in Users)
        {
            sights.Add((u.Claim.Migration, new LineSight(
                Link.ToString(), u.Admitted, bySender.GetValueOrDefault(u.Claim.Migration), u.Admitted ? 0 : waiting)));
            waiting += u.Admitted ? 0 : 1;
        }

        return sights.DrainToImmutable();
    }
}
