using System.Buffers;
using Fabric.Embedded.Memory;
using Fabric.Protocol;
using Fabric.Transport.Pages;

namespace Fabric.Embedded.Migration;

/// <summary>
/// The source's side of post-copy: the guest runs at the target, and this has the pages that it does not have yet.
/// <code>
/// switch   what was sent and is stale (discard), then device state and the order to run, in one package
/// push     pages that the guest waits for first; between them all others, onward from the last one asked for
/// resume   after a lost connection: the target says what it has, and the rest is pushed again
/// </code>
/// </summary>
internal sealed class PostCopy(
    GuestMemory memory, PreCopy preCopy, RamBlock block, PageRequests requests, MigrationCounters counters, Pause pause)
{
    private const int PackageBytes = 4096;

    private int _at;

    private PageBitmap Rest => preCopy.Rest;

    /// <summary>Hands the guest over. When this returns, the target may run it.</summary>
    public void Switch(SourceLink link, byte[] device)
    {
        SendDiscards(link.Stream);
        var package = new ArrayBufferWriter<byte>(PackageBytes);
        var inner = new QemuStreamWriter(package);
        inner.PostcopyListen();
        inner.DeviceState(GuestStream.DeviceSection, DeviceState.Name, 0, DeviceState.Version, device);
        inner.PostcopyRun();
        link.Stream.Packaged(package.WrittenSpan);
        link.Sender.Flush();
    }

    /// <summary>Sends all that is left, and waits for the target's word.</summary>
    public void Push(SourceLink link)
    {
        while (Rest.NextFrom(0) >= 0)
        {
            pause.Look();
            SendSome(link);
        }

        link.Stream.RamSection(SectionKind.End, PreCopy.Section);
        link.Stream.EndOfRecords();
        link.Stream.Footer(PreCopy.Section);
        link.Stream.End();
        link.Sender.Flush();
        link.Back!.AwaitShut();
    }

    /// <summary>Agrees with the target on what it has.</summary>
    public void Resume(SourceLink link)
    {
        link.Back!.Start();
        link.Stream.RecvBitmap(block);
        link.Sender.Flush();
        Rest.SetAllBut(link.Back.AwaitReceived());
        counters.RemainingPages = Rest.Count();
        link.Stream.PostcopyResume();
        link.Sender.Flush();
        link.Back.AwaitResume();
    }

    // A portion is sent at once, so that a page that somebody waits for is never far behind.
    private void SendSome(SourceLink link)
    {
        link.Stream.RamSection(SectionKind.Part, PreCopy.Section);
        for (var sent = 0; sent < Limits.Guest.PostcopyPages; sent++)
        {
            var asked = requests.Take();
            if (asked is { } page)
            {
                counters.PostcopyRequests++;
                _at = page;
            }

            var next = asked is { } wanted && Rest[wanted] ? wanted : NextFrom(_at);
            if (next < 0)
                break;
            Rest.Remove(next);
            counters.RemainingPages--;
            preCopy.Send(link, next);
            _at = next;
        }

        link.Stream.EndOfRecords();
        link.Stream.Footer(PreCopy.Section);
        link.Sender.Flush();
    }

    private int NextFrom(int page) => Rest.NextFrom(page) is var next and >= 0 ? next : Rest.NextFrom(0);

    private void SendDiscards(QemuStreamWriter stream)
    {
        var ranges = new List<(long Start, long Length)>();
        for (var page = Rest.NextFrom(0); page >= 0;)
        {
            var end = page;
            while (end < memory.Pages && Rest[end])
                end++;
            ranges.Add(((long)page * Limits.Guest.PageSize, (long)(end - page) * Limits.Guest.PageSize));
            page = end < memory.Pages ? Rest.NextFrom(end) : -1;
        }

        stream.PostcopyRamDiscard(block, [.. ranges]);
    }
}
