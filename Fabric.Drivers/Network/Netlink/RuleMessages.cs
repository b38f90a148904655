using System.Runtime.InteropServices;
using Fabric.Protocol;

namespace Fabric.Drivers.Network.Netlink;

/// <summary>A rule of policy routing: what comes from there is looked up in that table.</summary>
/// <param name="From">The sender.</param>
/// <param name="Input">The interface that it comes in by.</param>
/// <param name="Table">The table.</param>
/// <param name="Priority">Smaller ones are asked first.</param>
public sealed record RuleFacts(HostAddress From, string Input, uint Table, uint Priority);

/// <summary>
/// Messages about rules. The fixed part (fib_rule_hdr): family, bits of destination and source, service, table,
/// reserved 2,
/// action, flags 4.
/// </summary>
internal static class RuleMessages
{
    private const int FixedSize = 12;
    private const byte LookUpTable = 1;

    public static int Add(Span<byte> buffer, uint sequence, RuleFacts rule) =>
        Write(buffer, sequence, MessageType.NewRule, MessageFlags.Create | MessageFlags.Exclusive, rule);

    public static int Delete(Span<byte> buffer, uint sequence, RuleFacts rule) =>
        Write(buffer, sequence, MessageType.DelRule, MessageFlags.None, rule);

    public static int Dump(Span<byte> buffer, uint sequence, bool v6)
    {
        var w = Begin(buffer, sequence, MessageType.GetRule, MessageFlags.Dump, v6, 0, 0);
        return w.Finish();
    }

    public static RuleFacts? Parse(NetlinkMessage message)
    {
        if (message.Type != MessageType.NewRule)
            return null;
        var attributes = new AttributeReader(message.After(FixedSize));
        var (table, priority) = ((uint)message.Body[4], 0u);
        HostAddress? from = null;
        string? input = null;
        while (attributes.MoveNext())
        {
            switch (attributes.Type)
            {
                case Attribute.RuleSource:
                    from = attributes.AsAddress();
                    break;
                case Attribute.RuleInput:
                    input = attributes.AsText();
                    break;
                case Attribute.RuleTable:
                    table = attributes.AsUInt32();
                    break;
                case Attribute.RulePriority:
                    priority = attributes.AsUInt32();
                    break;
            }
        }

        return from is { } sender && input is not null && message.Body[2] == sender.Bits && message.Body[7] == LookUpTable
            ? new RuleFacts(sender, input, table, priority)
            : null;
    }

    private static int Write(Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, RuleFacts rule)
    {
        var w = Begin(buffer, sequence, type, flags, rule.From.IsV6, (byte)rule.From.Bits, LookUpTable);
        NetlinkAddress.Put(ref w, Attribute.RuleSource, rule.From);
        w.Attribute(Attribute.RuleInput, rule.Input);
        w.Attribute(Attribute.RulePriority, rule.Priority);
        w.Attribute(Attribute.RuleTable, rule.Table);
        return w.Finish();
    }

    private static NetlinkWriter Begin(
        Span<byte> buffer, uint sequence, ushort type, MessageFlags flags, bool v6, byte bits, byte action)
    {
        var w = new NetlinkWriter(buffer, type, flags | MessageFlags.Request | MessageFlags.Ack, sequence);
        w.Byte(v6 ? Family.V6 : Family.V4);
        w.Byte(0);
        w.Byte(bits);
        w.Byte(0);
        w.Byte(0); // the table is an attribute, for it may be over 255
        w.UInt16(0);
        w.Byte(action);
        w.UInt32(0);
        return w;
    }
}
