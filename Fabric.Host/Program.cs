using Fabric.Host.Cli;

return await FabricCommand.RunAsync(args, CliContext.OfProcess(), CancellationToken.None);
