using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fabric.Protocol;

namespace Fabric.Transport.Security;

/// <summary>What the holder of a certificate may do. Written in the subject as OU=node or OU=operator.</summary>
public enum PeerRole
{
    /// <summary>A host's node or a coordinator: links and data, no API.</summary>
    Node = 1,

    /// <summary>A person or a program that uses the API, and nothing else.</summary>
    Operator = 2,
}

/// <summary>Who a certificate speaks for: CN is the name, OU the role.</summary>
public sealed record PeerIdentity(string Name, PeerRole Role)
{
    private const string CommonNameOid = "2.5.4.3";
    private const string OrganizationalUnitOid = "2.5.4.11";

    /// <summary>The role as it stands in a subject.</summary>
    public static string TextOf(PeerRole role) => role switch
    {
        PeerRole.Node => "node",
        PeerRole.Operator => "operator",
        _ => throw new ArgumentOutOfRangeException(nameof(role), role, "not a role"),
    };

    /// <summary>
    /// Reads the subject, or returns null and says why not. Exactly one CN and one OU: of two, a reader that takes
    /// the first and one that takes the last would see different peers.
    /// </summary>
    public static PeerIdentity? Read(X509Certificate2 certificate, out string problem)
    {
        string? name = null;
        string? unit = null;
        try
        {
            foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
            {
                var oid = part.HasMultipleElements ? null : part.GetSingleElementType().Value;
                if (oid is null || (oid is CommonNameOid && name is not null)
                    || (oid is OrganizationalUnitOid && unit is not null))
                {
                    problem = "the subject holds a CN or OU twice";
                    return null;
                }

                if (oid is CommonNameOid)
                    name = part.GetSingleElementValue();
                else if (oid is OrganizationalUnitOid)
                    unit = part.GetSingleElementValue();
            }
        }
        catch (CryptographicException e)
        {
            problem = $"the subject cannot be read ({e.Message})";
            return null;
        }

        return Of(name, unit, out problem);
    }

    private static PeerIdentity? Of(string? name, string? unit, out string problem)
    {
        if (!Names.IsValid(name))
        {
            problem = $"the subject's CN '{Names.Shown(name)}' is not a name";
            return null;
        }

        PeerRole? role = unit switch
        {
            "node" => PeerRole.Node,
            "operator" => PeerRole.Operator,
            _ => null,
        };
        problem = role is null ? $"the subject's OU '{Names.Shown(unit)}' is not a role (node, operator)" : "";
        return role is { } known ? new PeerIdentity(name!, known) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{TextOf(Role)} '{Name}'";
}
