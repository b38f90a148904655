using System.Diagnostics;
using System.Text.Json;
using Fabric.Host.Demo;

namespace Fabric.Lab.Tests.Sites;

/// <summary><c>fabric demo --sites two</c> as a user runs it.</summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed class SitesDemoTests
{
    private static readonly TimeSpan HangGuard = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task Guest_and_its_connection_go_from_site_to_site_and_a_cut_of_the_wan_costs_no_attempt()
    {
        var report = await RunAsync("--disk", "none", "--kill", "data-link", "--for", "4s");
        var move = report.GetProperty("move");
        move.GetProperty("outcome").GetString().ShouldBe("completed");
        move.GetProperty("attempts").GetInt32().ShouldBe(1);
        move.GetProperty("guestCheck").GetProperty("clean").GetBoolean().ShouldBeTrue();
        foreach (var rule in move.GetProperty("rules").EnumerateObject())
            rule.Value.GetProperty("held").GetBoolean().ShouldBeTrue(rule.Name);
        report.GetProperty("client").GetProperty("survived").GetBoolean().ShouldBeTrue();
        var (before, after) = (RoundTrip(report, "Before"), RoundTrip(report, "After"));
        after.ShouldBeLessThan(50, $"it was {before} ms; a whole round trip of the WAN more is the way by the old site");
        report.GetProperty("wan").GetProperty("cuts").GetInt32().ShouldBe(1);
        report.GetProperty("wan").GetProperty("bytes").GetInt64().ShouldBeGreaterThan(1_000_000);
    }

    private static double RoundTrip(JsonElement report, string when) =>
        report.GetProperty($"roundTripMs{when}").GetDouble();

    private static async Task<JsonElement> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] line =
        [
            typeof(DemoCommand).Assembly.Location, "demo", "--hypervisor", "qemu", "--sites", "two", "--lab", "none",
            "--json", .. arguments,
        ];
        foreach (var argument in line)
            start.ArgumentList.Add(argument);
        start.Environment["FABRIC_HOME"] = LabEnvironment.Root;
        using var demo = Process.Start(start)!;
        var errors = demo.StandardError.ReadToEndAsync();
        var output = await demo.StandardOutput.ReadToEndAsync().WaitAsync(HangGuard);
        await demo.WaitForExitAsync();
        demo.ExitCode.ShouldBe(0, $"{output}\n{await errors}");
        using var report = JsonDocument.Parse(output.TrimEnd().Split('\n')[^1]);
        return report.RootElement.Clone();
    }
}
