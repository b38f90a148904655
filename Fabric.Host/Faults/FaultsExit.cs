namespace Fabric.Host.Faults;

/// <summary>
/// What <c>fabric faults run</c> exits with. Numbers are never reused, and mean what those of other verbs do.
/// </summary>
public static class FaultsExit
{
    /// <summary>All cases held.</summary>
    public const int Held = 0;

    /// <summary>In at least one case a rule was broken, or the guest was not clean.</summary>
    public const int Broken = 1;

    /// <summary>The command line or the plan is wrong; nothing was run.</summary>
    public const int Usage = 2;

    /// <summary>A plan for one's own hosts was not confirmed; nothing was run.</summary>
    public const int NotConfirmed = 3;

    /// <summary>Nothing was broken, but at least one case could not be carried out.</summary>
    public const int NotCarriedOut = 7;

    /// <summary>For --help.</summary>
    public const string Help = """
        Exit codes:
          0  all cases held
          1  in at least one case a rule was broken, or the guest was not clean; or the run was interrupted
          2  wrong command line or plan: nothing was run
          3  a plan for one's own hosts was not confirmed: nothing was run
          7  nothing was broken, but at least one case could not be carried out
        """;
}
