using System.Buffers.Binary;
using Fabric.Host.Faults.Sites;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Faults;

public sealed class AddressHearingTests
{
    private const ushort Own = 0x1234;
    private static readonly byte[] Address = [10, 100, 0, 7];

    [Fact]
    public void Answers_are_counted_once_and_those_that_come_again_are_named()
    {
        var answers = new EchoAnswers();
        foreach (var number in new long[] { 0, 1, 3, 2, 3, 3, Limits.Faults.QuestionsKept + 1, 1 })
            answers.Note(number);
        answers.Twice.ShouldBe([3L]);
        answers.Heard.ShouldBe(6);
        answers.Note(1);
        answers.Twice.ShouldBe([3L, 1]);
    }

    [Fact]
    public void Numbers_that_were_answered_twice_are_kept_up_to_a_bound()
    {
        var answers = new EchoAnswers();
        for (long number = 0; number < Limits.Faults.TwiceMax + 5; number++)
        {
            answers.Note(number);
            answers.Note(number);
        }

        answers.Twice.Count.ShouldBe(Limits.Faults.TwiceMax);
    }

    [Fact]
    public void Answers_of_the_address_to_the_asker_are_heard()
    {
        UplinkEar.NumberOf(Frame(), Address, Own).ShouldBe(77);
        UplinkEar.NumberOf(Frame(), [10, 100, 0, 8], Own).ShouldBeNull();
        UplinkEar.NumberOf(Frame(), Address, Own + 1).ShouldBeNull();
    }

    [Theory]
    [InlineData(12, 0x86)] // not IP
    [InlineData(23, 17)] // UDP
    [InlineData(34, 8)] // a question
    [InlineData(14, 0x4f)] // a head longer than the frame
    public void Other_frames_are_not_answers(int place, byte value)
    {
        var frame = Frame();
        frame[place] = value;
        UplinkEar.NumberOf(frame, Address, Own).ShouldBeNull();
    }

    [Fact]
    public void Frames_that_are_cut_off_are_not_answers()
    {
        var frame = Frame();
        for (var length = 0; length < frame.Length; length++)
            UplinkEar.NumberOf(frame.AsSpan(0, length), Address, Own).ShouldBeNull();
    }

    // Ethernet 14, IP 20, ICMP 8, a number of 8 bytes.
    private static byte[] Frame()
    {
        var frame = new byte[50];
        frame[12] = 8;
        frame[14] = 0x45;
        frame[23] = 1;
        Address.CopyTo(frame, 26);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(38), Own);
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(42), 77);
        return frame;
    }
}
