using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Link;
using Fabric.Transport.Wire;

namespace Fabric.Transport.Tests.Connect;

public class LineProbeTests
{
    [Fact]
    public async Task A_question_comes_back_as_often_as_it_is_asked()
    {
        await using var rig = new Rig();
        using var probe = await ProbeAsync(rig);
        for (var i = 0; i < 3; i++)
            (await probe.AskAsync(10_000)).RoundTrip!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        if (OperatingSystem.IsLinux())
        {
            // On a busy machine some wait for each other, or are sent again for nothing.
            (await probe.AskAsync(10_000)).SegmentsSent.ShouldBeInRange(
                Limits.Sites.ProbeTrain / 2, Limits.Sites.ProbeTrain * 2, "the question, and the train before it");
        }

        await rig.WorksAsync();
    }

    [Fact]
    public async Task Who_has_no_certificate_of_ours_gets_no_answer()
    {
        await using var rig = new Rig();
        var theirs = await Should.ThrowAsync<LinkException>(() => ProbeAsync(rig, target: HostId.Of("host-c")));
        theirs.Fault.ShouldBe(LinkFault.NotTrusted, "another host than was named");
        await rig.WorksAsync();
    }

    [Fact]
    public async Task A_listener_that_ends_ends_the_question()
    {
        var rig = new Rig();
        using var probe = await ProbeAsync(rig);
        await probe.AskAsync(10_000);
        await rig.DisposeAsync();
        (await Should.ThrowAsync<LinkException>(() => probe.AskAsync(30_000))).Fault.ShouldBe(LinkFault.Cut);
    }

    [Fact]
    public async Task One_connection_too_many_is_closed_and_the_others_go_on()
    {
        await using var rig = new Rig();
        var probes = new List<ILineProbe>();
        for (var i = 0; i < Limits.Sites.ProbesMax; i++)
            probes.Add(await ProbeAsync(rig));
        using (var more = await ProbeAsync(rig))
            (await Should.ThrowAsync<LinkException>(() => more.AskAsync(30_000))).Fault.ShouldBe(LinkFault.Cut);
        rig.NextRefusal().ToString().ShouldContain("ask already");
        await probes[0].AskAsync(30_000);
        foreach (var probe in probes)
            probe.Dispose();
    }

    [Fact]
    public async Task Nobody_at_the_port_is_said_so()
    {
        var rig = new Rig();
        await rig.DisposeAsync();
        (await Should.ThrowAsync<LinkException>(() => ProbeAsync(rig))).Fault.ShouldBe(LinkFault.Unreachable);
    }

    [Fact]
    public void A_hello_for_questions_has_neither_ticket_nor_secret()
    {
        var bytes = new byte[Hello.Size];
        Hello.Probe().Write(bytes);
        Hello.Parse(bytes, out var hello).ShouldBe(HelloCode.Accepted);
        hello!.Kind.ShouldBe(HelloKind.Probe);
        // Ticket, connection, purpose, number, secret.
        foreach (var at in new[] { 12, 43, 108, 109, 112, 119, 120, 151 })
        {
            var spoilt = (byte[])bytes.Clone();
            spoilt[at] = 1;
            Hello.Parse(spoilt, out _).ShouldBe(HelloCode.BadHello, $"byte {at}");
        }
    }

    private static Task<ILineProbe> ProbeAsync(Rig rig, HostId? target = null) =>
        new DataConnector(TestCa.Ours.Node("host-a", rig.Time), rig.Time)
            .ProbeAsync(rig.EndPoint, target ?? Rig.Target, 30_000, Guard.Token());
}
