namespace Fabric.Host.Impair;

/// <summary>What a control socket changes and asks.</summary>
internal interface IImpaired
{
    /// <summary>What the line is like; a change holds from the next piece or frame on.</summary>
    ImpairSettings Settings { get; set; }

    /// <summary>Cuts it now.</summary>
    void Cut(TimeSpan length, CutKind kind, CutWay way);

    /// <summary>What it is like and what it has done.</summary>
    ImpairCounters Count();

    /// <summary>Why such a change cannot be made of it, whatever its numbers are; null when it can.</summary>
    string? Fault(ImpairChange change);
}
