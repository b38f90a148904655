using Fabric.Embedded.Guest;
using Fabric.Embedded.Machine;
using Fabric.Embedded.Migration;
using Fabric.Protocol;

namespace Fabric.Embedded.Tests.Guest;

public sealed class DeviceStateTests
{
    private static GuestSystem Source()
    {
        var guest = Guests.Booted(GuestProgramSpec.Oltp);
        Guests.Run(guest, 100);
        return guest;
    }

    [Fact]
    public void Registers_come_out_as_they_went_in()
    {
        var source = Source();
        var target = Guests.New(GuestProgramSpec.Oltp);
        DeviceState.Load(DeviceState.Save(source, RunStates.Running), target).ShouldBe(RunStates.Running);
        DeviceState.Save(target, RunStates.Running).ShouldBe(DeviceState.Save(source, RunStates.Running));
    }

    [Fact]
    public void Each_flipped_bit_and_each_missing_byte_is_refused()
    {
        var state = DeviceState.Save(Source(), RunStates.Running);
        var target = Guests.New(GuestProgramSpec.Oltp);
        for (var bit = 0; bit < state.Length * 8; bit++)
        {
            var flipped = state.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Should.Throw<MigrationFault>(() => DeviceState.Load(flipped, target));
        }

        for (var length = 0; length < state.Length; length++)
            Should.Throw<MigrationFault>(() => DeviceState.Load(state.AsSpan(0, length), target));
        target.Registers.Operations.ShouldBe(0UL);
    }

    [Theory]
    [InlineData("vm2", GuestProgramSpec.Oltp, 1, "another VM or seed")]
    [InlineData("vm1", GuestProgramSpec.Oltp, 2, "another VM or seed")]
    [InlineData("vm1", GuestProgramSpec.Idle, 1, "runs 'oltp,seed=1', this one 'idle,seed=1'")]
    public void State_of_another_guest_is_refused_by_name(string vm, string program, ulong seed, string why)
    {
        var state = DeviceState.Save(Source(), RunStates.Running);
        Should.Throw<MigrationFault>(() => DeviceState.Load(state, Guests.New(program, seed, vm)))
            .Message.ShouldContain(why);
    }
}
