using Fabric.Host.Client;
using Fabric.Transport.Security;

namespace Fabric.Host.Cli;

/// <summary>Every error of a verb: what is said, and the exit code.</summary>
internal static class Guard
{
    public static async Task<int> RunAsync(Output output, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (UsageException e)
        {
            return output.Fail(ExitCode.Usage, "usage", e.Message, null);
        }
        catch (CertificateException e)
        {
            return output.Fail(ExitCode.Usage, "certificate", e.Message, null);
        }
        catch (FabricUnreachableException e)
        {
            return output.Fail(ExitCode.Unreachable, "unreachable", e.Message,
                "Check that the coordinator runs, the address, and the certificates.");
        }
        catch (FabricUnknownException e)
        {
            return output.Fail(ExitCode.Unknown, "outcome-unknown", e.Message,
                "Look again with 'fabric vm list' and 'fabric migrations'.");
        }
        catch (FabricApiException e)
        {
            return output.Fail(CodeOf(e), e.Code, e.Message, e.Advice);
        }
        catch (OperationCanceledException)
        {
            return output.Fail(ExitCode.Unknown, "interrupted", "Interrupted; what was asked for goes on.",
                "Look again with 'fabric vm list' and 'fabric migrations'.");
        }
        catch (Exception e)
        {
            return output.Fail(ExitCode.Unexpected, "unexpected", e.Message, "Please report this.");
        }
    }

    // 403 is the gate's: the server knows whose certificate this is and does not trust it with the API.
    private static int CodeOf(FabricApiException e) => (int)e.Status switch
    {
        403 => ExitCode.Unreachable,
        504 => ExitCode.Unknown,
        >= 400 and < 500 or 503 => ExitCode.Refused,
        _ => ExitCode.Unexpected,
    };
}
