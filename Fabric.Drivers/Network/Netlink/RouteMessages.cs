using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>A route of one hop.</summary>
/// <param name="To">To one machine; null for the default route.</param>
/// <param name="IsV6">Its family.</param>
/// <param name="Table">Its table.</param>
/// <param name="Link">The interface's number; 0 to let the kernel find it by the next hop.</param>
/// <param name="Via">The next hop; null when the destination is behind the interface itself.</param>
/// <param name="OnLink">The next hop is behind the interface, whatever the addresses say.</param>
public sealed record RouteFacts(HostAddress? To, bool IsV6, uint Table, int Link, HostAddress? Via, bool OnLink)
{
    /// <summary>The main table.</summary>
    public const uint Main = RouteField.TableMain;

    /// <summary>It has a form that a route of one hop cannot express, and must not be replaced.</summary>
    public bool IsForeign { get; init; }
}

/// <summary>
/// Messages about routes. The fixed part (rtmsg): family, bits of destination and source, service, table, protocol,
/// scope,
/// type, flags 4.
/// </summary>
internal static class RouteMessages
{
    private const int FixedSize = 12;

    public static int Replace(Span<byte> buffer, uint sequence, RouteFacts route) =>
        Write(buffer, sequence, MessageType.NewRoute, MessageFlags.Create | MessageFlags.Replace, route);

    public static int Delete(Span<byte> buffer, uint sequence, RouteFacts route) =>
        Write(buffer, sequence, MessageType.DelRoute, MessageFlags.None, route);

    public static int Dump(Span<byte> buffer, uint sequence, bool v6, uint table)
    {
        var w = Begin(buffer, sequence, MessageType.GetRoute, MessageFlags.Dump, v6, 0, 0, 0, 0, 0);
        w.Attribute(Attribute.RouteTable, table);
        return w.Finish();
    }

    /// <summary>Only routes with the metric that ours have; others stand beside and are not touched.</summary>
    public static RouteFacts? Parse(NetlinkMessage message)
    {
        if (message.Type != MessageType.NewRoute)
            return null;
        var attributes = new AttributeReader(message.After(FixedSize));
        var body = message.Body;
        var v6 = body[0] == Family.V6;
        if (!v6 && body[0] != Family.V4)
            return null;
        var whole = v6 ? NetlinkAddress.SizeV6 * 8 : NetlinkAddress.SizeV4 * 8;
        var route = new RouteFacts(null, v6, body[4], 0, null, (MemoryMarshal.Read<uint>(body[8..]) & RouteField.OnLink) != 0)
        {
            IsForeign = body[7] != RouteField.Unicast || body[2] != 0 || body[3] != 0,
        };
        var metric = 0u;
        while (attributes.MoveNext())
        {
            route = attributes.Type switch
            {
                Attribute.RouteDestination => route with { To = attributes.AsAddress() },
                Attribute.RouteDevice => route with { Link = (int)attributes.AsUInt32() },
                Attribute.RouteGateway => route with { Via = attributes.AsAddress() },
                Attribute.RouteTable => route with { Table = attributes.AsUInt32() },
                Attribute.RouteMultipath or Attribute.RouteVia or Attribute.RouteEncapsulationType or Attribute.RouteNextHopId =>
                    route with { IsForeign = true },
                _ => route,
            };
            if (attributes.Type == Attribute.RouteMetric)
                metric = attributes.AsUInt32();
        }

        var isWanted = metric == (v6 ? RouteField.MetricV6 : 0)
            && (body[1] == whole ? route.To is not null : body[1] == 0 && route.To is null);
        return isWanted ? route : null;
    }

    private static int Write(Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, RouteFacts route)
    {
        var isRemoval = type == MessageType.DelRoute; // of whatever scope, protocol and type it is
        var scope = route.Via is null && !route.IsV6 ? RouteField.ScopeLink : RouteField.ScopeUniverse;
        var w = Begin(
            buffer, sequence, type, flags, route.IsV6, (byte)(route.To?.Bits ?? 0),
            isRemoval ? (byte)0 : RouteField.ProtocolStatic, isRemoval ? RouteField.ScopeNowhere : scope,
            isRemoval ? (byte)0 : RouteField.Unicast, route.OnLink && !isRemoval ? RouteField.OnLink : 0);
        if (route.To is { } to)
            NetlinkAddress.Put(ref w, Attribute.RouteDestination, to);
        if (route.Via is { } via)
            NetlinkAddress.Put(ref w, Attribute.RouteGateway, via);
        if (route.Link != 0)
            w.Attribute(Attribute.RouteDevice, (uint)route.Link);
        if (route.IsV6)
            w.Attribute(Attribute.RouteMetric, RouteField.MetricV6);
        w.Attribute(Attribute.RouteTable, route.Table);
        return w.Finish();
    }

    private static NetlinkWriter Begin(
        Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, bool v6, byte bits, byte protocol, byte scope,
        byte kind, uint routeFlags)
    {
        var w = new NetlinkWriter(buffer, type, flags | MessageFlags.Request | MessageFlags.Ack, sequence);
        w.Byte(v6 ? Family.V6 : Family.V4);
        w.Byte(bits);
        w.Byte(0);
        w.Byte(0);
        w.Byte(0); // the table is an attribute, for it may be over 255
        w.Byte(protocol);
        w.Byte(scope);
        w.Byte(kind);
        w.UInt32(routeFlags);
        return w;
    }
}
