namespace Fabric.Host.Cli;

/// <summary>What the program's exit code says. Numbers are never reused; docs/cli.md explains them.</summary>
internal static class ExitCode
{
    /// <summary>Done; for a migration: completed.</summary>
    public const int Ok = 0;

    /// <summary>Something nobody expected.</summary>
    public const int Unexpected = 1;

    /// <summary>The command line or a configuration file is wrong.</summary>
    public const int Usage = 2;

    /// <summary>Refused before anything moved.</summary>
    public const int Refused = 3;

    /// <summary>The migration ended, and the guest runs at the source.</summary>
    public const int NotCompleted = 4;

    /// <summary>Held for an operator, or the VM is lost.</summary>
    public const int NeedsOperator = 5;

    /// <summary>The server was not reached or is not trusted, or does not trust us.</summary>
    public const int Unreachable = 6;

    /// <summary>It may have been done or not; look again.</summary>
    public const int Unknown = 7;

    /// <summary>For --help.</summary>
    public const string Help = """
        Exit codes:
          0  done; a migration completed
          1  unexpected failure
          2  wrong command line or configuration
          3  refused before anything moved
          4  the migration ended otherwise: the guest runs at the source
          5  held for an operator, or the VM is lost
          6  the server is unreachable or not trusted
          7  outcome unknown: look again
        """;
}
