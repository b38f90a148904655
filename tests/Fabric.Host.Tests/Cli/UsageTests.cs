using System.Text.Json;
using Fabric.Actors.Coordination;
using Fabric.Host.Cli;
using Fabric.Protocol;

namespace Fabric.Host.Tests.Cli;

public sealed class UsageTests
{
    private readonly CliRun _cli = new();

    [Theory]
    [InlineData("nonsense")]
    [InlineData("vm")]
    [InlineData("migrate web")]
    [InlineData("migrate web --to b --to c")]
    [InlineData("migrate web --to b --watch --detach")]
    [InlineData("migrate web --to b --downtime-limit fast")]
    [InlineData("migrate web --to b --deadline 1ns")]
    [InlineData("migrate web --to b --bandwidth-max -1")]
    [InlineData("migrate web --to b --disk-writes-min never")]
    [InlineData("migrate web --to b --disk-copy mirror")]
    [InlineData("migrate web --to b --attempts many")]
    [InlineData("migrate web --to b --speed 1")]
    [InlineData("vm create web --host a --memory 1GX")]
    [InlineData("hosts")]
    [InlineData("hosts --server http://127.0.0.1:1 --ca a --cert b --key c")]
    [InlineData("hosts --server https://u:p@127.0.0.1:1 --ca a --cert b --key c")]
    [InlineData("hosts --server https://127.0.0.1:1 --ca /none --cert /none --key /none")]
    [InlineData("hosts --config /none.conf")]
    [InlineData("node")]
    [InlineData("bench wan --part nonsense")]
    [InlineData("bench wan --rounds 0")]
    [InlineData("bench wan --hypervisor embedded")]
    [InlineData("bench wan --wan 100mbit")]
    [InlineData("bench sites --part nonsense")]
    [InlineData("bench sites --runs 0")]
    [InlineData("bench sites --cut soon")]
    public async Task A_wrong_command_line_is_exit_code_2_and_says_why(string line)
    {
        (await _cli.RunAsync(line)).ShouldBe(2);
        _cli.Out.ShouldBeEmpty();
        _cli.Error.ShouldStartWith("fabric: ");
    }

    [Fact]
    public async Task Help_tells_the_exit_codes()
    {
        (await _cli.RunAsync("--help")).ShouldBe(0);
        foreach (var code in Enumerable.Range(0, 8))
            _cli.Out.ShouldContain($"  {code}  ");
    }

    [Fact]
    public async Task The_version_is_told_both_ways()
    {
        (await _cli.RunAsync("version")).ShouldBe(0);
        _cli.Out.ShouldStartWith("fabric 0.");
        (await _cli.RunAsync("version --json")).ShouldBe(0);
        using var document = JsonDocument.Parse(_cli.Out);
        document.RootElement.GetProperty("version").GetString().ShouldStartWith("0.");
    }

    [Fact]
    public async Task Certificates_are_made_and_named_in_JSON()
    {
        using var files = new TempDirectory();
        (await _cli.RunAsync($"certs init --dir {files.Path}/ca --json")).ShouldBe(0, _cli.Error);
        using var made = JsonDocument.Parse(_cli.Out);
        File.Exists(made.RootElement.GetProperty("operator").GetProperty("key").GetString()).ShouldBeTrue();
        (await _cli.RunAsync($"certs node n1 --dir {files.Path}/ca --name localhost --name 127.0.0.1"))
            .ShouldBe(0, _cli.Error);
        (await _cli.RunAsync($"certs operator ann --dir {files.Path}/ca --days 1")).ShouldBe(0, _cli.Error);
        (await _cli.RunAsync($"certs operator ann --dir {files.Path}/ca --days 0")).ShouldBe(1);
    }

    [Fact]
    public async Task A_file_is_rendered_and_checked()
    {
        using var files = new TempDirectory();
        var file = files.Write("x.conf", "a = 1, b = ${a}");
        (await _cli.RunAsync($"config render {file} --json")).ShouldBe(0);
        _cli.Out.Trim().ShouldBe("""{"a":1,"b":1}""");
        (await _cli.RunAsync($"config check {file}")).ShouldBe(2);
    }

    [Theory]
    [InlineData(0, 0, 0, null, null)]
    [InlineData(1000, 0, 0, null, null)]
    [InlineData(1000, 1000, 0, 1000d, 1000d)]
    [InlineData(1_000_000, 40_960, 5, 24_414.0625d, 48_828.125d)]
    [InlineData(1000, 4096, 1, 244.140625d, null)]
    [InlineData(1000, 4096, 1_000_000_000, 244.140625d, null)]
    [InlineData(-5, 1000, -3, 0d, 0d)]
    public void An_estimate_is_a_range_and_never_divides_by_nothing_F139(
        long left, long rate, long dirtyPages, double? best, double? worst)
    {
        var eta = EtaRange.Of(new TransferProgress(1, left, 0, 0, 0, dirtyPages, rate, null));
        eta.BestMs.ShouldBe(best);
        eta.WorstMs.ShouldBe(worst);
        eta.ToString().ShouldNotBeEmpty();
    }

    [Fact]
    public void While_the_data_link_is_being_made_again_there_is_no_estimate()
    {
        var since = new DateTimeOffset(2026, 3, 1, 12, 0, 5, TimeSpan.Zero);
        var progress = new TransferProgress(2, 1000, 0, 0, 2000, 0, 1000, null);
        Text(progress).ShouldContain("done in");
        Text(progress with { LinkDownSince = since }).ShouldEndWith("link down since 2026-03-01 12:00:05Z");

        static string Text(TransferProgress p) =>
            ProgressText.Of(new TransferSeen(MigrationId.Of("m-1"), 1, p, default));
    }

    [Fact]
    public void Disks_are_told_alone_while_no_memory_is_sent_and_behind_it_then()
    {
        var disk = new DiskProgress(DiskId.Of("root"), 2L << 30, 1L << 30, 1L << 20, 2, 5L << 20, true);
        var syncing = Text(new TransferProgress(0, 1L << 20, 1L << 30, 5L << 20, 0, 0, 0, null) { Disks = [disk] });
        syncing.ShouldStartWith("attempt 1; disk root round 2: ");
        syncing.ShouldEndWith("resumed");
        Text(new TransferProgress(1, 5, 5, 5, 5, 0, 5, null) { Disks = [disk] })
            .ShouldEndWith(syncing["attempt 1".Length..]);
        Text(new TransferProgress(1, 5, 5, 5, 5, 0, 5, null) { Disks = [disk with { Synchronous = true }] })
            .ShouldEndWith("resumed, synchronous");

        static string Text(TransferProgress p) =>
            ProgressText.Of(new TransferSeen(MigrationId.Of("m-1"), 1, p, default));
    }

    [Fact]
    public void An_event_of_a_newer_server_is_shown_as_it_is()
    {
        using var data = JsonDocument.Parse("""{"x":1}""");
        EventText.Of(new JournalEntry("migration/m", 1, 1, "migration.teleported.v1", default, data.RootElement))
            .ShouldBe("""{"x":1}""");
    }
}
