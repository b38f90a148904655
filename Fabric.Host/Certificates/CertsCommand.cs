using System.Globalization;
using System.Text.Json.Nodes;
using Fabric.Transport.Security;

namespace Fabric.Host.Certificates;

/// <summary>What <c>fabric certs</c> does. Exit codes: 0 done, 1 refused or failed. No key is ever printed.</summary>
public static class CertsCommand
{
    /// <summary>The longest validity, in days: ten years.</summary>
    public const int DaysMax = 3650;

    /// <summary><c>fabric certs init</c>: a new CA and its first operator.</summary>
    public static int Init(
        string directory, string name, int days, bool force, TextWriter output, TextWriter error, TimeProvider time,
        bool json = false) =>
        Run(days, error, validity =>
        {
            var issued = CertificateAuthority.Init(directory, name, validity, time, force);
            if (json)
            {
                WriteJson(output, ("ca", issued[0]), ("operator", issued[1]));
                return;
            }

            output.WriteLine(Line("CA", issued[0]));
            output.WriteLine(Line("operator", issued[1]));
            output.WriteLine(
                $"Copy {CertificateAuthority.CaFile} to every host. Keep {CertificateAuthority.CaKeyFile} " +
                "off them: whoever holds it can be any host.");
        });

    /// <summary><c>fabric certs node</c>: one node's certificate. No names: those of its own machine.</summary>
    public static int Node(
        string directory, string nodeName, IReadOnlyList<string> names, int days, bool force, TextWriter output,
        TextWriter error, TimeProvider time, bool json = false) =>
        Run(days, error, validity =>
        {
            var given = names.Count == 0 ? null : names;
            var issued = CertificateAuthority.IssueNode(directory, nodeName, given, validity, time, force);
            if (json)
                WriteJson(output, ("node", issued));
            else
                output.WriteLine(Line($"node {nodeName}", issued));
        });

    /// <summary><c>fabric certs operator</c>: one more operator's certificate.</summary>
    public static int Operator(
        string directory, string name, int days, bool force, TextWriter output, TextWriter error, TimeProvider time,
        bool json = false) =>
        Run(days, error, validity =>
        {
            var issued = CertificateAuthority.IssueOperator(directory, name, validity, time, force);
            if (json)
                WriteJson(output, ("operator", issued));
            else
                output.WriteLine(Line($"operator {name}", issued));
        });

    private static int Run(int days, TextWriter error, Action<TimeSpan> issue)
    {
        if (days is < 1 or > DaysMax)
        {
            error.WriteLine($"fabric certs: {days} days is not a validity: give 1 to {DaysMax}.");
            return 1;
        }

        try
        {
            issue(TimeSpan.FromDays(days));
            return 0;
        }
        catch (CertificateException e)
        {
            error.WriteLine($"fabric certs: {e.Message}");
            return 1;
        }
    }

    private static void WriteJson(TextWriter output, params ReadOnlySpan<(string What, IssuedCertificate Issued)> all)
    {
        var document = new JsonObject();
        foreach (var (what, issued) in all)
        {
            document[what] = new JsonObject
            {
                ["certificate"] = issued.CertificatePath,
                ["key"] = issued.KeyPath,
                ["notAfter"] = issued.NotAfter,
            };
        }

        output.WriteLine(document.ToJsonString());
    }

    private static string Line(string what, IssuedCertificate issued) => string.Create(CultureInfo.InvariantCulture,
        $"{what}: {issued.CertificatePath}, key {issued.KeyPath}, valid to {issued.NotAfter:u}");
}
