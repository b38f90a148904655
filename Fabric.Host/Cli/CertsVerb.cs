using System.CommandLine;
using Fabric.Host.Certificates;

namespace Fabric.Host.Cli;

/// <summary><c>fabric certs init|node|operator</c>.</summary>
internal static class CertsVerb
{
    private const int DaysDefault = 825;

    public static Command Create(CliContext cli) => new("certs", "The fabric's own CA and its certificates")
    {
        Init(cli),
        Node(cli),
        Operator(cli),
    };

    private static Command Init(CliContext cli)
    {
        var name = new Option<string>("--name")
        {
            Description = "The CA's name",
            DefaultValueFactory = _ => "fabric-ca",
        };
        var common = new Common(CertsCommand.DaysMax);
        var command = new Command("init", "Make a CA and its first operator's certificate") { name };
        common.AddTo(command);
        command.SetAction(parsed => CertsCommand.Init(
            parsed.GetValue(common.Directory)!, parsed.GetValue(name)!, parsed.GetValue(common.Days),
            parsed.GetValue(common.Force), cli.Out, cli.Error, cli.Time, parsed.GetValue(common.Json)));
        return command;
    }

    private static Command Node(CliContext cli)
    {
        var name = new Argument<string>("node") { Description = "The node's name" };
        var names = new Option<string[]>("--name")
        {
            Description = "A DNS name or address under which it is reached; may be repeated",
            DefaultValueFactory = _ => [],
        };
        var common = new Common(DaysDefault);
        var command = new Command("node", "Make a node's certificate") { name, names };
        common.AddTo(command);
        command.SetAction(parsed => CertsCommand.Node(
            parsed.GetValue(common.Directory)!, parsed.GetValue(name)!, parsed.GetValue(names)!,
            parsed.GetValue(common.Days), parsed.GetValue(common.Force), cli.Out, cli.Error, cli.Time,
            parsed.GetValue(common.Json)));
        return command;
    }

    private static Command Operator(CliContext cli)
    {
        var name = new Argument<string>("operator") { Description = "The operator's name" };
        var common = new Common(DaysDefault);
        var command = new Command("operator", "Make one more operator's certificate") { name };
        common.AddTo(command);
        command.SetAction(parsed => CertsCommand.Operator(
            parsed.GetValue(common.Directory)!, parsed.GetValue(name)!, parsed.GetValue(common.Days),
            parsed.GetValue(common.Force), cli.Out, cli.Error, cli.Time, parsed.GetValue(common.Json)));
        return command;
    }

    private sealed class Common(int days)
    {
        public Option<string> Directory { get; } = new("--dir")
        {
            Description = "Where the CA lives",
            HelpName = "directory",
            DefaultValueFactory = _ => "certs",
        };

        public Option<int> Days { get; } = new("--days")
        {
            Description = $"Validity in days, up to {CertsCommand.DaysMax}",
            DefaultValueFactory = _ => days,
        };

        public Option<bool> Force { get; } = new("--force") { Description = "Overwrite what is there" };

        public Option<bool> Json { get; } = Output.JsonOption();

        public void AddTo(Command command)
        {
            foreach (var option in new Option[] { Directory, Days, Force, Json })
                command.Options.Add(option);
        }
    }
}
