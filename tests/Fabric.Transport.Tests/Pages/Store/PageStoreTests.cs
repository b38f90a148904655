using Fabric.Protocol;
using Fabric.Transport.Pages;
using Fabric.Transport.Pages.Store;
using Fabric.Transport.Pages.Work;
using Fabric.Transport.Tests.Pages.Work;

namespace Fabric.Transport.Tests.Pages.Store;

/// <summary>What a target holds on its disk: it saves bytes, and whatever happens to it costs a full send at most.</summary>
public class PageStoreTests
{
    private static readonly byte[] Stream = Capture.Short("sparse128");
    private static readonly RamMap Map = RamMap.TryOf([Sample.Main, Sample.Rom]).ShouldNotBeNull();

    [Fact]
    public void A_second_attempt_sends_only_what_is_missing()
    {
        using var rig = new StoreRig();
        var (first, store, _) = rig.Move(Stream);
        store.Why.ShouldBe(StoreRefusal.New);
        var (second, again, _) = rig.Move(Stream);
        again.Why.ShouldBe(StoreRefusal.None);
        again.HeldAtFirst.ShouldBeGreaterThan(200);
        again.Damaged.ShouldBe(0);

        // The devices' description cannot be held.
        (second - 8_000).ShouldBeLessThan((first - 8_000) / 2);
    }

    [Fact]
    public void A_VM_that_comes_back_to_its_source_moves_cheaply()
    {
        using var here = new StoreRig();
        using var there = new StoreRig();
        var stream = Capture.Short("light128");
        var (away, _, _) = there.Move(stream, from: here.Stores);
        var (back, store, _) = here.Move(stream, from: there.Stores);
        store.Why.ShouldBe(StoreRefusal.None);
        back.ShouldBeLessThan(away);
        store.HeldAtFirst.ShouldBeGreaterThan(200);

        // And away again: the secret is the VM's, and went with it.
        there.Move(stream, from: here.Stores).Store.Why.ShouldBe(StoreRefusal.None);
    }

    [Fact]
    public void Without_keep_nothing_is_left_after_a_success_and_a_source_writes_nothing()
    {
        using var here = new StoreRig(keep: false);
        using var there = new StoreRig(keep: false);
        var (_, store, _) = there.Move(Stream, from: here.Stores);
        Directory.GetDirectories(here.Root).ShouldBeEmpty();
        File.Exists(there.File("pages")).ShouldBeTrue();
        store.Succeeded();
        Directory.GetDirectories(there.Root).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("identity", StoreRefusal.Damaged)]
    [InlineData("pages", StoreRefusal.WrongSize)]
    [InlineData("hashes", StoreRefusal.WrongSize)]
    public void A_file_that_is_cut_is_named_and_all_is_sent(string name, StoreRefusal why)
    {
        using var rig = new StoreRig();
        var full = rig.Move(Stream).Wire;
        using (var file = new FileStream(rig.File(name), FileMode.Open))
            file.SetLength(file.Length / 2);
        var (wire, store, _) = rig.Move(Stream);
        store.Why.ShouldBe(why);
        wire.ShouldBeInRange(full - 500, full + 500);
    }

    [Fact]
    public void A_flipped_bit_costs_its_page_and_no_other()
    {
        using var rig = new StoreRig();
        rig.Move(Stream);
        Flip(rig.File("pages"), at: FirstByteOf(rig.File("pages")));
        var (_, store, _) = rig.Move(Stream);
        (store.Why, store.Damaged).ShouldBe((StoreRefusal.None, 1));
        rig.Move(Stream).Store.Damaged.ShouldBe(0);
    }

    [Fact]
    public void Torn_writes_and_flipped_bits_anywhere_never_give_a_wrong_page()
    {
        for (var seed = 1; seed <= 12; seed++)
        {
            var random = new Random(seed);
            using var rig = new StoreRig();
            rig.Move(Stream);
            for (var changes = random.Next(1, 6); changes > 0; changes--)
                Damage(rig.File(new[] { "identity", "pages", "hashes", "head" }[random.Next(4)]), random);

            // Move compares the guest that came with the one that was sent.
            rig.Move(Stream);
        }
    }

    [Fact]
    public void A_bit_that_flips_while_the_store_is_open_is_a_named_fault()
    {
        using var rig = new StoreRig();
        rig.Move(Stream);
        var store = rig.Stores.For(StoreRig.Vm, "m-1/2");
        using var pair = new WorkPair(holder: store);
        pair.Encoder.Write(Stream.AsSpan(0, 700));
        pair.Decoder.Held.ShouldNotBeNull();
        FlipEveryPage(rig.File("pages"));
        pair.Encoder.Write(Stream.AsSpan(700));
        Should.Throw<PageWorkException>(pair.Encoder.Flush).Fault.ShouldBe(PageWorkFault.WrongPage);
    }

    [Fact]
    public void A_store_of_another_VM_or_layout_is_named_and_begun_anew()
    {
        using var rig = new StoreRig();
        rig.Move(Stream);
        Directory.CreateDirectory(Path.Combine(rig.Root, "vm-2"));
        foreach (var file in new[] { "identity", "pages", "hashes", "head" })
            File.Copy(rig.File(file), rig.File(file, "vm-2"));
        rig.Move(Stream, new VmId("vm-2")).Store.Why.ShouldBe(StoreRefusal.OtherVm);
        rig.Move(Sample.Precopy()).Store.Why.ShouldBe(StoreRefusal.OtherLayout);
    }

    [Fact]
    public void A_store_that_a_transfer_has_open_is_not_opened_twice()
    {
        using var rig = new StoreRig();
        var (store, _) = rig.Open(Map);
        rig.Open(Map).ShouldBe((null, StoreRefusal.InUse));
        rig.Stores.Remove(StoreRig.Vm);
        File.Exists(rig.File("pages")).ShouldBeTrue();
        store.ShouldNotBeNull().Dispose();
        var (again, why) = rig.Open(Map);
        (why, again?.Identity.Generation).ShouldBe((StoreRefusal.None, 2));
        again!.Dispose();
    }

    [Fact]
    public void The_quota_takes_the_oldest_away_and_then_refuses_by_name()
    {
        var size = (long)Map.Pages * (4096 + 16);
        using var rig = new StoreRig(quota: (2 * size) + 2_000);
        foreach (var (vm, age) in new[] { ("a", 3), ("b", 2) })
        {
            rig.Open(Map, vm).Store.ShouldNotBeNull().Dispose();
            File.SetLastWriteTimeUtc(rig.File("identity", vm), DateTime.UnixEpoch.AddDays(10 - age));
        }

        var (third, _) = rig.Open(Map, "c");
        Directory.GetDirectories(rig.Root).Select(Path.GetFileName).ShouldBe(["b", "c"], ignoreOrder: true);
        var (fourth, _) = rig.Open(Map, "d");
        rig.Open(Map, "e").ShouldBe((null, StoreRefusal.NoRoom)); // both others are open
        third!.Dispose();
        fourth!.Dispose();
        new StoreRig(quota: size - 1).Open(Map).Why.ShouldBe(StoreRefusal.NoRoom);
    }

    [Fact]
    public void A_host_without_room_takes_the_stream_and_holds_nothing()
    {
        using var rig = new StoreRig(quota: 1);
        rig.Move(Stream).Store.Why.ShouldBe(StoreRefusal.NoRoom);
        var none = new PageStores(PageStoreOptions.Off).For(StoreRig.Vm, "m-1/1");
        using var pair = new WorkPair(holder: none);
        GuestImage.Of(pair.Run(Stream)).ShouldBeLike(GuestImage.Of(Stream));
        none.Why.ShouldBe(StoreRefusal.Off);
    }

    [Fact]
    public void What_is_held_is_private()
    {
        using var rig = new StoreRig();
        rig.Move(Stream);
        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var name in new[] { "identity", "pages", "hashes", "head" })
            File.GetUnixFileMode(rig.File(name)).ShouldBe(own, name);
        File.GetUnixFileMode(Path.Combine(rig.Root, "vm-1")).ShouldBe(own | UnixFileMode.UserExecute);
    }

    [Fact]
    public void A_fresh_hypervisor_is_filled_from_what_is_held()
    {
        using var rig = new StoreRig();
        rig.Move(Stream);
        var map = MapOf(Stream);
        var (store, _) = rig.Open(map);
        var refill = new Collector();
        RefillStream.TryWrite(store!.Head(), store, default, refill).ShouldBeTrue();
        store.Dispose();

        // The devices follow live, at a section's boundary; the memory is there already.
        var devices = Stream[^124_573..];
        var image = GuestImage.Of([.. refill.ToArray(), .. devices]);
        image.Hash().ShouldBe(GuestImage.Of(Stream).Hash());
        image.Opaque.ShouldBe(devices);
    }

    [Fact]
    public void A_head_that_is_damaged_or_of_another_guest_fills_nothing()
    {
        using var rig = new StoreRig();
        rig.Move(Stream);
        Flip(rig.File("head"), 20);
        var (store, _) = rig.Open(MapOf(Stream));
        store!.Head().ShouldBeEmpty();
        RefillStream.TryWrite(Sample.Precopy(), store, default, new Collector()).ShouldBeFalse();
        RefillStream.TryWrite([], store, default, new Collector()).ShouldBeFalse();
        store.Dispose();
    }

    private static RamMap MapOf(byte[] stream)
    {
        var reader = new QemuStreamReader();
        reader.Read(stream, new StrictTarget());
        return RamMap.TryOf(reader.Blocks).ShouldNotBeNull();
    }

    private static long FirstByteOf(string path)
    {
        var bytes = File.ReadAllBytes(path);
        return bytes.AsSpan().IndexOfAnyExcept((byte)0);
    }

    private static void Flip(string path, long at, int bit = 0)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ (1 << bit)));
    }

    private static void FlipEveryPage(string path)
    {
        var bytes = File.ReadAllBytes(path);
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        for (var at = 0; at < bytes.Length; at += 4096)
        {
            if (!bytes.AsSpan(at, 4096).ContainsAnyExcept((byte)0))
                continue;
            file.Position = at + 17;
            file.WriteByte((byte)(bytes[at + 17] ^ 4));
        }
    }

    private static void Damage(string path, Random random)
    {
        using var file = new FileStream(path, FileMode.Open);
        if (file.Length == 0)
            return;
        var at = random.NextInt64(random.Next(2) == 0 ? Math.Min(file.Length, 40_000) : file.Length);
        file.Position = at;
        switch (random.Next(3))
        {
            case 0:
                file.SetLength(at);
                break;
            case 1:
                file.WriteByte((byte)random.Next(256));
                break;
            default:
                var torn = new byte[random.Next(1, 5_000)];
                random.NextBytes(torn);
                file.Write(torn.AsSpan(0, (int)Math.Min(torn.Length, file.Length - at)));
                break;
        }
    }
}
