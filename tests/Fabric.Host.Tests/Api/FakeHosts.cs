using System.Collections.Concurrent;
using System.Threading.Channels;
using Fabric.Actors.Coordination;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Api;

/// <summary>Hosts that take orders and do what the test says, which is nothing by default.</summary>
internal sealed class FakeHosts : IHostLinks
{
    private readonly ConcurrentDictionary<HostId, bool> _connected = new();
    private readonly Channel<(HostId Host, Order Order)> _orders = Channel.CreateBounded<(HostId, Order)>(
        new BoundedChannelOptions(1024) { FullMode = BoundedChannelFullMode.DropOldest });

    public Action<HostId, Order>? OnOrder { get; set; }

    public bool TrySend(HostId host, Order order)
    {
        if (!IsConnected(host))
            return false;
        _orders.Writer.TryWrite((host, order));
        OnOrder?.Invoke(host, order);
        return true;
    }

    public bool IsConnected(HostId host) => _connected.ContainsKey(host);

    public void Connect(HostId host) => _connected[host] = true;

    public void Disconnect(HostId host) => _connected.TryRemove(host, out _);

    /// <summary>The next order of that kind; those before it are skipped.</summary>
    public async Task<(HostId Host, T Order)> NextAsync<T>()
        where T : Order
    {
        while (true)
        {
            var (host, order) = await _orders.Reader.ReadAsync().AsTask().WaitAsync(ApiFixture.HangGuard);
            if (order is T wanted)
                return (host, wanted);
        }
    }
}
