namespace Fabric.Host.Bench.Sites;

/// <summary>A part of the comparison; a closed list.</summary>
public enum SitesPart
{
    /// <summary>Undisturbed moves from site to site, by the fabric and by QEMU alone.</summary>
    Move = 1,

    /// <summary>A WAN that is cut, and a target that is killed, in the middle of the disk's copy.</summary>
    Broken,

    /// <summary>Moves within one site, whose network is announced or an overlay.</summary>
    Lan,
}
