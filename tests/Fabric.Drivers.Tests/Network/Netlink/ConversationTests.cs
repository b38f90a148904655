using Fabric.Drivers.Network.Netlink;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network.Netlink;

public sealed class ConversationTests
{
    private const int Exists = 17;
    private const int NoDevice = 19;
    private readonly ScriptedChannel _kernel = new();

    private NetlinkRoute Client => field ??= new NetlinkRoute(_kernel);

    [Fact]
    public void Change_ends_with_the_kernel_s_word()
    {
        _kernel.Then(n => [ScriptedChannel.Verdict(n, 0)]);
        Client.SetUp(5, up: true);
        _kernel.Requests.ShouldBe(1);
    }

    [Fact]
    public void Refusal_has_the_kernel_s_number_and_words()
    {
        _kernel.Then(n => [ScriptedChannel.Verdict(n, Exists, "Device already exists")]);
        var refusal = Should.Throw<NetlinkException>(() => Client.CreateBridge("br0"));
        refusal.Fault.ShouldBe(NetlinkFault.Refused);
        refusal.Error.ShouldBe(Exists);
        refusal.Message.ShouldContain("Device already exists");
    }

    [Fact]
    public void What_is_not_there_is_null_and_its_removal_is_done()
    {
        _kernel.Then(n => [ScriptedChannel.Verdict(n, NoDevice)]).Then(n => [ScriptedChannel.Verdict(n, NoDevice)]);
        Client.Link("br0").ShouldBeNull();
        Client.DeleteLink(5);
    }

    [Fact]
    public void Late_answers_to_earlier_questions_are_passed_over()
    {
        _kernel.Then(n => [
            ScriptedChannel.Verdict(n - 1, Exists), [.. ScriptedChannel.Link(n + 9, 1, "lo"), .. ScriptedChannel.Verdict(n, 0)]]);
        Client.SetUp(5, up: true);
    }

    [Fact]
    public void Table_comes_in_several_datagrams()
    {
        _kernel.Then(n => [
            [.. ScriptedChannel.Link(n, 1, "lo"), .. ScriptedChannel.Link(n, 2, "eth0")], ScriptedChannel.Link(n, 3, "br0"),
            ScriptedChannel.Done(n)]);
        Client.Links().Select(l => l.Name).ShouldBe(["lo", "eth0", "br0"]);
    }

    [Fact]
    public void Table_that_changed_or_lost_a_part_is_read_anew()
    {
        _kernel
            .Then(n => [ScriptedChannel.Link(n, 1, "lo", MessageFlags.Multi | MessageFlags.DumpInterrupted), ScriptedChannel.Done(n)])
            .Then(n => [ScriptedChannel.Link(n, 1, "lo"), []])
            .Then(n => [ScriptedChannel.Link(n - 1, 2, "old"), ScriptedChannel.Link(n, 1, "lo"), ScriptedChannel.Done(n)]);
        Client.Links().ShouldHaveSingleItem().Name.ShouldBe("lo");
        _kernel.Requests.ShouldBe(3);
    }

    [Fact]
    public void Table_that_never_stands_still_is_an_error()
    {
        for (var i = 0; i < Limits.Network.NetlinkDumpTriesMax; i++)
            _kernel.Then(n => [ScriptedChannel.Message(MessageType.Done, MessageFlags.DumpInterrupted, n, 0, 0, 0, 0)]);
        Should.Throw<NetlinkException>(() => Client.Links()).Fault.ShouldBe(NetlinkFault.Unsteady);
    }

    [Fact]
    public void Change_whose_answer_is_lost_is_in_doubt_and_not_repeated()
    {
        _kernel.Then(_ => [[]]).Then(_ => []);
        Should.Throw<NetlinkException>(() => Client.SetUp(5, up: true)).Fault.ShouldBe(NetlinkFault.Lost);
        Should.Throw<NetlinkException>(() => Client.SetUp(5, up: true)).Fault.ShouldBe(NetlinkFault.NoAnswer);
        _kernel.Requests.ShouldBe(2);
    }

    [Fact]
    public void Answer_without_an_end_is_cut_off()
    {
        _kernel.Then(_ => [.. Enumerable.Repeat(ScriptedChannel.Link(0, 1, "lo"), Limits.Network.NetlinkDatagramsMax)]);
        Should.Throw<NetlinkException>(() => Client.Links()).Fault.ShouldBe(NetlinkFault.Malformed);
    }

    [Fact]
    public void Every_truncation_of_an_answer_is_an_error_and_none_is_an_answer()
    {
        var whole = new byte[][] { ScriptedChannel.Link(1, 1, "lo"), ScriptedChannel.Verdict(1, Exists, "words") };
        foreach (var message in whole)
        {
            for (var length = 1; length < BitConverter.ToInt32(message); length++) // the padding may be missing
            {
                var cut = message[..length];
                var kernel = new ScriptedChannel().Then(_ => [cut]);
                using var client = new NetlinkRoute(kernel);
                Should.Throw<NetlinkException>(() => client.Link("lo")).Fault.ShouldBe(NetlinkFault.Malformed);
            }
        }
    }

    [Fact]
    public void Damaged_answers_never_throw_anything_else()
    {
        var random = new Random(20_261);
        for (var i = 0; i < 20_000; i++)
        {
            byte[] answer =
            [
                .. ScriptedChannel.Link(1, 1, "lo"), .. ScriptedChannel.Message((ushort)(16 + (4 * random.Next(5))), MessageFlags.None, 1, Noise(random)),
                .. ScriptedChannel.Verdict(1, random.Next(2), "words"),
            ];
            for (var hits = random.Next(4); hits > 0; hits--)
                answer[random.Next(answer.Length)] = (byte)random.Next(256);
            foreach (var ask in Questions)
            {
                using var client = new NetlinkRoute(new ScriptedChannel().Then(_ => [answer]).Then(_ => []).Then(_ => []).Then(_ => []).Then(_ => []));
                if (Record.Exception(() => ask(client)) is { } failure)
                    failure.ShouldBeOfType<NetlinkException>($"try {i}: {Convert.ToHexString(answer)}");
            }
        }
    }

    private static readonly Action<NetlinkRoute>[] Questions =
    [
        c => c.Links(), c => c.Addresses(), c => c.Route(HostAddress.Of("10.0.0.1"), isV6: false, 254), c => c.Rules(isV6: true),
        c => c.Flooded(4), c => c.SetUp(1, up: true),
    ];

    private static byte[] Noise(Random random)
    {
        var noise = new byte[random.Next(80)];
        random.NextBytes(noise);
        return noise;
    }
}
