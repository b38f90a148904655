using Fabric.Protocol;

namespace Fabric.Transport.Wire;

/// <summary>A channel of the link; see <see cref="LinkChannels"/>.</summary>
public enum LinkChannel : byte
{
    /// <summary>From the source's QEMU to the target's.</summary>
    Ram = LinkChannels.Ram,

    /// <summary>The return path, from the target's QEMU to the source's.</summary>
    ReturnPath = LinkChannels.ReturnPath,

    /// <summary>From the source's agent to the target's.</summary>
    ControlForward = LinkChannels.ControlForward,

    /// <summary>From the target's agent to the source's.</summary>
    ControlBack = LinkChannels.ControlBack,
}
