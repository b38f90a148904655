namespace Fabric.Transport.Pages.Work;

/// <summary>
/// What the source writes down of its guest, to hold it when the VM comes back. It helps a later migration and may not
/// harm this one: when its disk fails, it ends and the migration goes on.
/// </summary>
internal sealed class Checkpoint(IHeldPages? held) : IDisposable
{
    private IHeldPages? _held = held;

    public void Page(int page, ReadOnlySpan<byte> data, in PageHash hash)
    {
        if (_held is null || _held.Hashes[page] == hash)
            return;
        try
        {
            _held.Put(page, data, new ReadOnlySpan<PageHash>(in hash));
        }
        catch (PageWorkException)
        {
            Dispose();
        }
    }

    public void Mark(int page, in PageHash mark)
    {
        if (_held is null || _held.Hashes[page] == mark)
            return;
        try
        {
            _held.PutMark(page, 1, mark);
        }
        catch (PageWorkException)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        var open = _held;
        _held = null;
        (open as IDisposable)?.Dispose();
    }
}
