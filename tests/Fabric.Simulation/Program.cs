using Fabric.Simulation;

Options options;
try
{
    options = Options.Parse(args);
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    Console.Error.WriteLine(Options.Usage);
    return 2;
}

try
{
    return new Commands(options, Console.Out).Run();
}
catch (FormatException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
