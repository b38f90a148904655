using System.Diagnostics;
using System.Text.Json;
using Fabric.Host.Demo;

namespace Fabric.Lab.Tests.Demo;

/// <summary>
/// <c>fabric demo</c> as a user runs it: real nodes in processes of their own, kill -9, on either hypervisor. What may
/// not happen is checked; which outcome a break leads to is checked only where the protocol leaves no choice.
/// </summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed class DemoTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(8);

    private static readonly string[] Rules =
    [
        "oneRunning", "noRunWithoutGrant", "sourceNeverRunsAfterCommit", "outcomeTrue", "oneCopyAtRest",
        "nothingLeftOnLoser", "retryWorks",
    ];

    [Theory]
    [InlineData("embedded")]
    [InlineData("qemu")]
    public async Task Guest_moves_and_nothing_is_lost(string hypervisor)
    {
        var report = await RunAsync("--hypervisor", hypervisor);
        report.GetProperty("hypervisor").GetString().ShouldBe(hypervisor);
        report.GetProperty("outcome").GetString().ShouldBe("completed");
        report.GetProperty("attempts").GetInt32().ShouldBe(1);
        report.GetProperty("rounds").GetInt32().ShouldBeGreaterThan(0);
        report.GetProperty("downtimeMs").GetDouble().ShouldBeGreaterThan(0);
        report.GetProperty("wireBytes").GetInt64().ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("embedded")]
    [InlineData("qemu")]
    public async Task Target_killed_in_pre_copy_is_filled_again_and_costs_no_attempt(string hypervisor)
    {
        var report = await RunAsync("--hypervisor", hypervisor, "--kill", "target-vm", "--at", "pre-copy");
        report.GetProperty("outcome").GetString().ShouldBe("completed");
        report.GetProperty("attempts").GetInt32().ShouldBe(1);
        report.GetProperty("failedAttempts").GetArrayLength().ShouldBe(0);
        report.GetProperty("broke").GetProperty("stage").GetString().ShouldBe("pre-copy");
    }

    [Theory]
    [InlineData("embedded")]
    [InlineData("qemu")]
    public async Task Target_agent_killed_in_stop_and_copy_breaks_no_rule(string hypervisor)
    {
        var report = await RunAsync("--hypervisor", hypervisor, "--kill", "target-agent", "--at", "stop-and-copy");
        report.GetProperty("broke").GetProperty("stage").GetString().ShouldBe("stop-and-copy");
    }

    [Theory]
    [InlineData("embedded")]
    [InlineData("qemu")]
    public async Task Coordinator_killed_at_the_commit_goes_forward_from_its_journal(string hypervisor)
    {
        var report = await RunAsync("--hypervisor", hypervisor, "--kill", "coordinator", "--at", "commitment");
        report.GetProperty("outcome").GetString().ShouldBe("completed");
        report.GetProperty("attempts").GetInt32().ShouldBe(1);
        report.GetProperty("broke").GetProperty("stage").GetString().ShouldBe("commitment");
    }

    /// <summary>The link heals: no attempt is lost, whatever the stage.</summary>
    [Theory]
    [InlineData("embedded", "pre-copy", "5s")]
    [InlineData("embedded", "stop-and-copy", "5s")]
    [InlineData("qemu", "pre-copy", "30s")]
    public async Task A_cut_data_link_costs_its_own_time_and_no_attempt(string hypervisor, string stage, string length)
    {
        var report = await RunAsync(
            "--hypervisor", hypervisor, "--kill", "data-link", "--at", stage, "--for", length);
        report.GetProperty("outcome").GetString().ShouldBe("completed");
        report.GetProperty("attempts").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Demo_of_its_own_accord_runs_on_the_embedded_hypervisor() =>
        (await RunAsync()).GetProperty("hypervisor").GetString().ShouldBe("embedded");

    [Fact]
    public async Task Demo_that_is_told_to_stop_leaves_nothing()
    {
        using var demo = Start();
        var line = await demo.StandardError.ReadLineAsync().WaitAsync(HangGuard);
        var directory = line!.Split(' ').Last(w => w.StartsWith("/tmp/fab-", StringComparison.Ordinal));
        while (!line!.Contains("boots", StringComparison.Ordinal))
            line = await demo.StandardError.ReadLineAsync().WaitAsync(HangGuard);
        using (var kill = Process.Start("kill", ["-TERM", $"{demo.Id}"]))
            await kill.WaitForExitAsync();
        (await demo.StandardError.ReadToEndAsync().WaitAsync(HangGuard)).ShouldContain("nothing is left running");
        await demo.WaitForExitAsync();
        demo.ExitCode.ShouldBe(1);
        Directory.Exists(directory).ShouldBeFalse();
        Directory.GetDirectories("/proc").Where(p => CommandLineOf(p).Contains(directory, StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    private static async Task<JsonElement> RunAsync(params string[] arguments)
    {
        using var demo = Start(arguments);
        var errors = demo.StandardError.ReadToEndAsync();
        var output = await demo.StandardOutput.ReadToEndAsync().WaitAsync(HangGuard);
        await demo.WaitForExitAsync();
        demo.ExitCode.ShouldBe(0, $"{output}\n{await errors}");
        using var report = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
        var root = report.RootElement.Clone();
        foreach (var rule in Rules)
            root.GetProperty("rules").GetProperty(rule).GetProperty("held").GetBoolean().ShouldBeTrue(rule);
        root.GetProperty("guestCheck").GetProperty("clean").GetBoolean().ShouldBeTrue();
        root.GetProperty("guestCheck").GetProperty("pagesVerified").GetInt64().ShouldBeGreaterThan(0);
        return root;
    }

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(typeof(DemoCommand).Assembly.Location);
        foreach (var argument in arguments.Prepend("demo").Append("--json"))
            start.ArgumentList.Add(argument);
        start.Environment["FABRIC_HOME"] = LabEnvironment.Root;
        return Process.Start(start)!;
    }

    private static string CommandLineOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }
}
