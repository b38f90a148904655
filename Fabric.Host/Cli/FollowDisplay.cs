using Fabric.Actors.Coordination;
using Fabric.Host.Api.Contracts;
using Fabric.Host.Client;

namespace Fabric.Host.Cli;

/// <summary>How a migration is shown while it goes on.</summary>
internal abstract class FollowDisplay
{
    /// <summary>Runs the following inside the display.</summary>
    public virtual Task<MigrationSummary> RunAsync(Func<Task<MigrationSummary>> follow) => follow();

    /// <summary>Any event as it came, before the others.</summary>
    public virtual void Raw(WatchEvent told)
    {
    }

    /// <summary>How it stands.</summary>
    public virtual void Snapshot(MigrationSummary migration)
    {
    }

    /// <summary>What was journalled.</summary>
    public virtual void Entry(JournalEntry entry)
    {
    }

    /// <summary>New numbers.</summary>
    public virtual void Progress(TransferSeen seen)
    {
    }

    /// <summary>A fault plan holds it.</summary>
    public virtual void Held(HeldNotice held)
    {
    }

    /// <summary>What the link between its sites has for it.</summary>
    public virtual void Line(LineNotice line)
    {
    }

    /// <summary>The outcome.</summary>
    public abstract void Outcome(MigrationSummary migration);
}
