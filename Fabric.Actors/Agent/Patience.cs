using Fabric.Protocol;
using Fabric.Transport.Link;

namespace Fabric.Actors.Agent;

/// <summary>
/// A path that is down may be back in a moment, and an attempt costs more than waiting: nothing has moved yet and the guest
/// runs. If the target is gone for good, the coordinator gives the order to stop.
/// </summary>
internal static class Patience
{
    /// <summary>Connects, trying again for <see cref="Limits.Agent.ConnectPatienceMs"/> where nobody is reached.</summary>
    /// <exception cref="LinkException">It was turned down, or not reached for so long.</exception>
    public static async Task<IDataLink> ConnectAsync(
        AgentTools tools, string attempt, Func<CancellationToken, Task<IDataLink>> connect,
        CancellationToken cancellation)
    {
        var began = tools.Time.GetTimestamp();
        while (true)
        {
            try
            {
                return await connect(cancellation);
            }
            catch (LinkException e) when (e.Fault is LinkFault.Unreachable or LinkFault.Cut
                && tools.Time.GetElapsedTime(began).TotalMilliseconds < Limits.Agent.ConnectPatienceMs)
            {
                AgentLog.ConnectFailed(tools.Log, attempt, e.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(Limits.Agent.ConnectRetryMs), tools.Time, cancellation);
            }
        }
    }
}
