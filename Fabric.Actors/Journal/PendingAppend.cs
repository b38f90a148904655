namespace Fabric.Actors.Journal;

/// <summary>An append on its way to the writer. The first settlement counts.</summary>
internal sealed class PendingAppend(AppendPlan plan)
{
    // The writer's thread must not run the continuation: it would carry an actor while others wait for the disk.
    private readonly TaskCompletionSource<AppendResult> _result =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AppendPlan Plan => plan;

    public Task<AppendResult> Result => _result.Task;

    public void Succeed(AppendResult result) => _result.TrySetResult(result);

    public void Fail(Exception cause) => _result.TrySetException(cause);
}
