using System.CommandLine;
using Fabric.Host.Demo;
using Fabric.Host.Nodes;

var config = new Option<string>("--config") { Required = true };
var node = new Command("node", "Run a node.") { config };
node.SetAction((parsed, cancellation) => NodeProgram.RunAsync(parsed.GetValue(config)!, cancellation));
return await new RootCommand("Fabric") { node, DemoVerb.Create() }.Parse(args).InvokeAsync();
