using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>What an interface's kind adds to it.</summary>
internal static class LinkInfo
{
    public static LinkFacts Parse(ReadOnlySpan<byte> info, LinkFacts facts)
    {
        var attributes = new AttributeReader(info);
        var portKind = "";
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Attribute.InfoKind:
                    facts = facts with { Kind = attributes.AsText() };
                    break;
                case Attribute.InfoPortKind:
                    portKind = attributes.AsText();
                    break;
                // The kernel puts the kind before its data.
                case Attribute.InfoData when facts.Kind is LinkKinds.Vxlan:
                    facts = facts with { Vxlan = ParseVxlan(attributes.Value) };
                    break;
                case Attribute.InfoPortData when portKind is LinkKinds.Bridge:
                    facts = facts with { PortLearning = ParseLearning(attributes.Value) };
                    break;
            }
        }

        return facts;
    }

    private static VxlanSettings? ParseVxlan(ReadOnlySpan<byte> data)
    {
        var attributes = new AttributeReader(data);
        var (vni, port, learning) = (0, 0, false);
        HostAddress? local = null;
        HostAddress? remote = null;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Attribute.VxlanId:
                    vni = (int)attributes.AsUInt32();
                    break;
                case Attribute.VxlanLocal or Attribute.VxlanLocal6:
                    local = attributes.AsAddress();
                    break;
                case Attribute.VxlanRemote or Attribute.VxlanRemote6:
                    remote = attributes.AsAddress();
                    break;
                case Attribute.VxlanLearning:
                    learning = attributes.AsByte() != 0;
                    break;
                case Attribute.VxlanPort:
                    port = attributes.AsUInt16BigEndian();
                    break;
            }
        }

        // One without an end of its own is none of ours; its kind still says that it is there.
        return local is { } address ? new VxlanSettings(vni, address, remote, learning) { Port = port } : null;
    }

    private static bool? ParseLearning(ReadOnlySpan<byte> data)
    {
        var attributes = new AttributeReader(data);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Attribute.PortLearning)
                return attributes.AsByte() != 0;
        }

        return null;
    }
}
