namespace Fabric.Drivers.Disks.Nbd;

/// <summary>A request that waits for its answer.</summary>
internal sealed class NbdPending
{
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes with the answer.</summary>
    public Task Answered => _answered.Task;

    /// <summary>What is read goes here; empty when nothing is.</summary>
    public Memory<byte> Into { get; init; }

    /// <summary>Where the read begins.</summary>
    public long Offset { get; init; }

    /// <summary>Extents by context, of a question about them.</summary>
    public Dictionary<uint, NbdExtent[]> Extents { get; } = [];

    /// <summary>How much of the read has come: all of it must before it is done.</summary>
    public int Filled { get; set; }

    /// <summary>What one of its chunks said went wrong.</summary>
    public NbdException? Error { get; set; }

    /// <summary>The last chunk has come.</summary>
    public void Done()
    {
        if (Error is { } error)
            _answered.TrySetException(error);
        else if (Filled != Into.Length)
            _answered.TrySetException(new NbdException(NbdFault.Broken, "it answered a read with too little"));
        else
            _answered.TrySetResult();
    }

    /// <summary>No answer will come.</summary>
    public void Fail(NbdException error) => _answered.TrySetException(error);
}
