using Fabric.Drivers.Disks;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Disks;

public sealed class DiskNotesTests
{
    private static readonly DiskNote Note = new(
        VmId.Of("v1"), DiskId.Of("root"), "disk.img", "0011aabb", 1 << 30, DiskFormat.Qcow2, "boot", DiskState.Partial);

    [Fact]
    public void Note_comes_back_as_it_was() => DiskNotes.Parse(DiskNotes.Bytes(Note)).ShouldBe(Note);

    [Fact]
    public void Any_flipped_bit_is_seen()
    {
        var bytes = DiskNotes.Bytes(Note);
        for (var i = 0; i < bytes.Length * 8; i++)
        {
            bytes[i / 8] ^= (byte)(1 << (i % 8));
            DiskNotes.Parse(bytes).ShouldBeNull();
            bytes[i / 8] ^= (byte)(1 << (i % 8));
        }
    }

    [Fact]
    public void A_note_cut_short_anywhere_is_seen()
    {
        var bytes = DiskNotes.Bytes(Note);
        for (var length = 0; length < bytes.Length; length++)
            DiskNotes.Parse(bytes.AsSpan(0, length)).ShouldBeNull();
    }
}
