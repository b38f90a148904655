using Fabric.Benchmarks;
using Fabric.Benchmarks.Guest;
using Fabric.Benchmarks.Micro;
using Fabric.Benchmarks.Pages;
using Fabric.Benchmarks.Relay;
using Fabric.Benchmarks.Whole;
using Fabric.Host.Nodes;

// The memory bench starts this program again as an agent, under the settings of the node's own program.
if (args is [MemoryBench.AgentVerb, var config])
    return await NodeProgram.RunAsync(config, CancellationToken.None);

if (BenchOptions.TryParse(args, out var options, out var problem) is false)
{
    await Console.Error.WriteLineAsync(problem);
    await Console.Error.WriteLineAsync(BenchOptions.Usage);
    return 2;
}

Func<BenchOptions, Task<BenchReport>> bench = options.Bench switch
{
    "relay" => RelayBench.RunAsync,
    "downtime" => DowntimeBench.RunAsync,
    "memory" => MemoryBench.RunAsync,
    "guest" => GuestBench.RunAsync,
    "pages" => PagesBench.RunAsync,
    "micro" => MicroBench.RunAsync,
    _ => throw new InvalidOperationException($"'{options.Bench}' was let through"),
};
var report = await bench(options);
report.Print(options.Json);
return report.IsMet ? 0 : 1;
