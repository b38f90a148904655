using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Configuration;

/// <summary>Reads <c>host.network</c>: the user's own names again, so each is checked here.</summary>
internal static class NetworkSettingsBinder
{
    private const string Keys = "host.network.dns-keys";
    private const string Routers = "host.network.routers";

    public static NetworkSettings Read(SettingsReader r)
    {
        var place = new NetworkPlace
        {
            Namespace = Namespace(r, "host.network.namespace"),
            Underlay = Underlay(r),
            Uplink = Uplink(r),
        };
        var notes = r.Text("host.network.notes");
        return new NetworkSettings(place, notes, DnsKeys(r), ReadRouters(r));
    }

    private static string? Namespace(SettingsReader r, string key)
    {
        var name = r.TextOrNone(key);
        r.Require(key, name.Length == 0 || IsNamespace(name),
            $"{SettingsReader.Shown(name)} is neither a name of 'ip netns' nor an absolute path");
        return name.Length == 0 ? null : name;
    }

    private static bool IsNamespace(string name) => name.StartsWith('/')
        ? !name.AsSpan().ContainsAny('\0', '\n')
        : name is not ("." or "..") && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static HostAddress? Underlay(SettingsReader r)
    {
        const string key = "host.network.underlay";
        var text = r.TextOrNone(key);
        return text.Length == 0 ? null : Address(text, problem => r.Fail(key, problem));
    }

    private static string? Uplink(SettingsReader r)
    {
        const string key = "host.network.uplink";
        var name = r.TextOrNone(key);
        r.Require(key, name.Length == 0 || LinkNames.IsValid(name),
            $"{SettingsReader.Shown(name)} is not an interface's name of 1 to {Limits.Network.LinkNameLengthMax} characters");
        return name.Length == 0 ? null : name;
    }

    private static Dictionary<string, string> DnsKeys(SettingsReader r)
    {
        var keys = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in r.Fields(Keys))
        {
            var at = $"{Keys}.{HoconPath.Show([name])}";
            if (value is not HoconScalar { IsNull: false, Text.Length: > 0 } file)
            {
                r.FailAt(at, value, "must be the name of a file with the key's secret in base64");
                continue;
            }

            var path = Path.GetFullPath(Path.Combine(
                Path.GetDirectoryName(Path.GetFullPath(file.Origin.File)) ?? "/", file.Text));
            if (SecretProblem(path) is { } problem)
                r.FailAt(at, value, problem);
            else
                keys[name] = path;
        }

        return keys;
    }

    private static string? SecretProblem(string path)
    {
        const UnixFileMode foreign = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;
        if (!File.Exists(path))
            return $"{path} does not exist: create it, or correct the path";
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & foreign) != UnixFileMode.None)
            return $"{path} can be read or written by other users: chmod 600 it";
        try
        {
            _ = ReadSecret(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return $"{path} holds no secret in base64, or cannot be read: write it as tsig-keygen prints it";
        }
    }

    /// <summary>The secret in a file.</summary>
    public static byte[] ReadSecret(string path)
    {
        var size = new FileInfo(path).Length;
        if (size > Limits.Hocon.PemBytesMax)
            throw new FormatException("too long");
        var secret = Convert.FromBase64String(File.ReadAllText(path).Trim());
        return secret.Length > 0 ? secret : throw new FormatException("empty");
    }

    private static List<RouterSettings> ReadRouters(SettingsReader r)
    {
        var routers = new List<RouterSettings>();
        var objects = r.Objects(Routers);
        if (objects.Count > Limits.Network.RoutersMax)
            r.Fail(Routers, $"has {objects.Count} routers, and {Limits.Network.RoutersMax} is the most");
        for (var i = 0; i < Math.Min(objects.Count, Limits.Network.RoutersMax); i++)
        {
            if (Router(r, $"{Routers}[{i}]", objects[i]) is { } router)
                routers.Add(router);
        }

        return routers;
    }

    private static RouterSettings? Router(SettingsReader r, string at, HoconObject router)
    {
        foreach (var (key, field) in router.Fields)
        {
            if (key is not ("namespace" or "via"))
                r.FailAt($"{at}.{HoconPath.Show([key])}", field, "unknown key: here are namespace, via");
        }

        if (!router.TryGet("namespace", out var name) || name is not HoconScalar { IsNull: false, Text.Length: > 0 } text
            || !IsNamespace(text.Text))
        {
            r.FailAt($"{at}.namespace", name ?? router, "must be a name of 'ip netns' or an absolute path");
            return null;
        }

        var via = new Dictionary<HostId, HostAddress>();
        if (!router.TryGet("via", out var hops))
            return new RouterSettings(text.Text, via);
        if (hops is not HoconObject fields)
        {
            r.FailAt($"{at}.via", hops, "must be an object of hosts and addresses: { gamma = 10.9.0.2 }");
            return null;
        }

        foreach (var (host, hop) in fields.Fields)
        {
            var where = $"{at}.via.{HoconPath.Show([host])}";
            if (!Names.IsValid(host))
                r.FailAt(where, hop, $"{SettingsReader.Shown(host)} is not a host's name: write its node.name");
            else if (Address((hop as HoconScalar)?.Text ?? "", problem => r.FailAt(where, hop, problem)) is { } address)
                via[HostId.Of(host)] = address;
        }

        return new RouterSettings(text.Text, via);
    }

    private static HostAddress? Address(string text, Action<string> fail)
    {
        try
        {
            return HostAddress.Of(text);
        }
        catch (FormatException e)
        {
            fail(e.Message.TrimEnd('.'));
            return null;
        }
    }
}
