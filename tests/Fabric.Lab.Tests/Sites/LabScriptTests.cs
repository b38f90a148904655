using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fabric.Host.Demo;
using Fabric.Lab.Tests.Networks;

namespace Fabric.Lab.Tests.Sites;

/// <summary>deploy/lab as a user runs it.</summary>
[Trait("Category", "Lab")]
[Collection("demo")]
public sealed partial class LabScriptTests : IDisposable
{
    private readonly string _name = "t" + Guid.NewGuid().ToString("N")[..6];

    [Fact]
    public void Lab_comes_up_with_its_nodes_and_its_wan_and_goes_without_a_trace()
    {
        using var told = JsonDocument.Parse(Run("up", "--name", _name, "--delay", "20ms", "--rate", "50mbit"));
        told.RootElement.GetProperty("name").GetString().ShouldBe(_name);
        var directory = told.RootElement.GetProperty("directory").GetString()!;
        using (var hosts = JsonDocument.Parse(Run("fabric", "hosts", "--json")))
        {
            hosts.RootElement.GetProperty("hosts").EnumerateArray()
                .Count(h => h.GetProperty("connected").GetBoolean()).ShouldBe(4);
        }

        // The first packets ask for neighbours, which is a round trip of its own.
        (PingMs("e1", "10.2.0.11") / 40).ShouldBeInRange(0.999, 1.1);
        PingMs("cl", "10.2.0.11").ShouldBeLessThan(20, "the client's way to a site is not the WAN");
        Run("up", "--name", _name).ShouldBe(File.ReadAllText(Path.Combine(directory, "lab.json")), "it is up already");

        Run("down", "--name", _name).ShouldBeEmpty();
        NetLab.Run("ip", ["netns", "list"]).ShouldNotContain(_name);
        Directory.Exists(directory).ShouldBeFalse();
        ProcessesOf(directory).ShouldBeEmpty();
        Run("down", "--name", _name).ShouldBeEmpty("nothing to do is no error");
    }

    [Fact]
    public void Two_labs_stand_beside_each_other()
    {
        var other = _name + "x";
        try
        {
            Run("up", "--name", _name, "--no-nodes", "--delay", "5ms");
            Run("up", "--name", other, "--no-nodes", "--delay", "15ms");
            PingMs("e1", "10.2.0.12").ShouldBeInRange(9.9, 28);
            Run("down", "--name", other);
            PingMs("e1", "10.2.0.12").ShouldBeInRange(9.9, 28);
        }
        finally
        {
            Run("down", "--name", other);
        }
    }

    public void Dispose() => Run("down", "--name", _name);

    private string Run(string script, params string[] arguments) => NetLab.Run("env",
    [
        $"LAB={_name}", $"FABRIC_DLL={typeof(DemoCommand).Assembly.Location}",
        Path.Combine(LabEnvironment.Root, "deploy", "lab", script), .. arguments,
    ]);

    private double PingMs(string from, string to)
    {
        var said = NetLab.Run("ip", ["netns", "exec", $"{_name}-{from}", "ping", "-n", "-c", "10", "-i", "0.1", to]);
        return Trip().Matches(said).Min(m => double.Parse(m.Groups["ms"].ValueSpan, CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> ProcessesOf(string directory) => Directory.GetDirectories("/proc")
        .Select(p => Path.Combine(p, "cmdline")).Where(File.Exists).Select(ReadOrNothing)
        .Where(line => line.Contains(directory, StringComparison.Ordinal));

    private static string ReadOrNothing(string file)
    {
        try
        {
            return File.ReadAllText(file).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return ""; // it has ended
        }
    }

    [GeneratedRegex(@"time=(?<ms>[0-9.]+) ms", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Trip();
}
