using Fabric.Transport.Link;

namespace Fabric.Transport.Tests;

/// <summary>A link's blocking calls, each on a thread of its own, so that a test can wait with a limit.</summary>
internal static class LinkCalls
{
    public static Task<int> ReceiveAsync(this IDataLink link, byte[] into) =>
        BlockingThread.RunAsync("test receive", () => link.Receive(into));

    public static Task SendAsync(this IDataLink link, LinkBuffer buffer, int length) =>
        BlockingThread.RunAsync("test send", () => link.Send(buffer, length));
}
