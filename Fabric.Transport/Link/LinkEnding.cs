using Fabric.Transport.Wire;

namespace Fabric.Transport.Link;

/// <summary>The last that a user of a link does with it.</summary>
internal static class LinkEnding
{
    /// <summary>
    /// Closes it, and tells the other side why where there is a reason. Whoever waits for the end hears of it, however the
    /// closing went.
    /// </summary>
    public static async Task EndAsync(this IDataLink link, AbortReason? tell, TaskCompletionSource ended)
    {
        try
        {
            if (tell is { } reason)
                await link.AbortAsync(reason);
            else
                await link.DisposeAsync();
        }
        finally
        {
            ended.TrySetResult();
        }
    }
}
