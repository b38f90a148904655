using Fabric.Protocol;

namespace Fabric.Drivers;

/// <summary>Words of a hypervisor on their way into errors and events: bounded, printable.</summary>
internal static class HypervisorText
{
    /// <summary>Cut to <see cref="Limits.Qemu.MessageLengthMax"/>; control characters become spaces.</summary>
    public static string Cut(string text)
    {
        var cut = text.Length > Limits.Qemu.MessageLengthMax ? text[..Limits.Qemu.MessageLengthMax] + "..." : text;
        return string.Create(cut.Length, cut, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(from[i]) ? ' ' : from[i];
        });
    }

    /// <summary>The same failure as a new exception, so that several waiters do not share one stack trace.</summary>
    public static HypervisorException Again(this HypervisorException reason) =>
        new(reason.Fault, reason.Message, reason);
}
