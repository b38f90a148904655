namespace Fabric.Protocol;

/// <summary>
/// What a target remembers of the connections that were made again: each shows a proof with a number, and the number
/// rises with each try of its slot. So a proof is good once, however late a copy of it comes.
/// </summary>
public sealed class ResumeGate
{
    private readonly long[] _seen = new long[Limits.Link.ConnectionsMax];

    /// <summary>Takes the number, unless it was taken before or an higher one was.</summary>
    public bool TryPass(int slot, long number)
    {
        if (number <= _seen[slot])
            return false;
        _seen[slot] = number;
        return true;
    }
}
