using System.Text;
using System.Text.Json;
using Fabric.Protocol;

namespace Fabric.Host.Hocon.Syntax;

/// <summary>
/// Reads a file and everything it includes. Files, bytes and depth are bounded over the whole load, because ten
/// files that include each other twice are a thousand reads.
/// </summary>
internal sealed class SourceLoader
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // Lowest first: where one base name has several files, .conf wins over .json wins over .properties.
    private static readonly string[] Extensions = [".properties", ".json", ".conf"];

    private readonly List<string> _open = [];
    private int _files;
    private long _bytes;

    public ObjectNode Load(string path)
    {
        var from = HoconOrigin.StartOf(path);
        return LoadFile(FullPath(path, from), from, 0);
    }

    public ObjectNode LoadText(string text, string name, string? directory)
    {
        if (text.Length > Limits.Hocon.FileBytesMax)
            throw new HoconException(HoconOrigin.StartOf(name), TooLarge);
        return new Parser(text, name, 0, (include, depth) => LoadInclude(include, directory, depth)).ParseFile();
    }

    private static string TooLarge => $"larger than {Limits.Hocon.FileBytesMax} bytes: split it into included files";

    private ObjectNode LoadInclude(Include include, string? directory, int depth)
    {
        if (directory is null && !Path.IsPathRooted(include.Name))
            throw new HoconException(include.Origin, "this text comes from no file, so a relative include has no " +
                "directory to start from: write an absolute path");
        var path = FullPath(Path.Combine(directory ?? "/", include.Name), include.Origin);
        var result = new ObjectNode(include.Origin);
        var found = false;
        foreach (var candidate in Candidates(path))
        {
            if (!File.Exists(candidate))
            {
                RefuseDirectory(candidate, include);
                continue;
            }

            found = true;
            result.PutAll(LoadFile(candidate, include.Origin, depth));
        }

        if (!found)
            RefuseDirectory(path, include);
        if (!found && include.Required)
            throw new HoconException(include.Origin,
                $"the required file {HoconJson.Quote(include.Name)} does not exist " +
                $"(looked for {string.Join(", ", Candidates(path))}): create it, or write include without required()");
        return result;
    }

    /// <summary>A file that is not there is nothing, but a directory in its place is a mistake.</summary>
    private static void RefuseDirectory(string path, Include include)
    {
        if (Directory.Exists(path))
            throw new HoconException(
                include.Origin, $"{HoconJson.Quote(include.Name)} is a directory: name a file in it");
    }

    private static IEnumerable<string> Candidates(string path) =>
        Extensions.Any(e => path.EndsWith(e, StringComparison.Ordinal)) ? [path] : Extensions.Select(e => path + e);

    private static string FullPath(string path, HoconOrigin origin)
    {
        try
        {
            return Path.GetFullPath(path);
        }
        catch (Exception e) when (e is ArgumentException or PathTooLongException or NotSupportedException)
        {
            throw new HoconException(origin, "this is not a possible file name", inner: e);
        }
    }

    private ObjectNode LoadFile(string path, HoconOrigin from, int depth)
    {
        if (_open.Contains(path, StringComparer.Ordinal))
            throw new HoconException(from, $"files include each other in a circle ({string.Join(" -> ", _open)} -> " +
                $"{path}): remove one of the includes");
        if (_open.Count >= Limits.Hocon.IncludeDepthMax)
            throw new HoconException(from,
                $"includes are nested deeper than {Limits.Hocon.IncludeDepthMax}: flatten them");
        if (++_files > Limits.Hocon.FilesMax)
            throw new HoconException(from, $"more than {Limits.Hocon.FilesMax} files are included: merge some of them");
        var bytes = Read(path, from);
        _bytes += bytes.Length;
        if (_bytes > Limits.Hocon.TotalBytesMax)
            throw new HoconException(from, $"all files together are larger than {Limits.Hocon.TotalBytesMax} bytes: " +
                "include less");
        _open.Add(path);
        var node = Parse(path, bytes, depth);
        _open.RemoveAt(_open.Count - 1);
        return node;
    }

    private ObjectNode Parse(string path, byte[] bytes, int depth)
    {
        var text = Decode(path, bytes);
        switch (Path.GetExtension(path))
        {
            case ".properties":
                return PropertiesReader.Parse(text, path, depth);
            case ".json":
                CheckJson(path, bytes);
                break;
        }

        var directory = Path.GetDirectoryName(path);
        return new Parser(text, path, depth, (include, at) => LoadInclude(include, directory, at)).ParseFile();
    }

    private static byte[] Read(string path, HoconOrigin from)
    {
        try
        {
            if (Directory.Exists(path))
                throw new HoconException(from, $"{path} is a directory: name a file");
            using var file = File.OpenRead(path);
            // One byte more than allowed is asked for: what has no length (a device) is bounded all the same.
            var buffer = new byte[Limits.Hocon.FileBytesMax + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= Limits.Hocon.FileBytesMax ? buffer[..length]
                : throw new HoconException(HoconOrigin.StartOf(path), TooLarge);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new HoconException(from, $"{path} does not exist: check the path", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new HoconException(from, $"{path} cannot be read ({e.Message}): check its permissions", inner: e);
        }
    }

    private static string Decode(string path, byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            var line = 1 + bytes.AsSpan(0, Math.Clamp(e.Index, 0, bytes.Length)).Count((byte)'\n');
            var origin = new HoconOrigin(path, line, 1);
            throw new HoconException(origin, "not valid UTF-8: save the file as UTF-8", inner: e);
        }
    }

    /// <summary>HOCON is a superset of JSON; a file that calls itself .json is held to the smaller grammar.</summary>
    private static void CheckJson(string path, byte[] bytes)
    {
        ReadOnlySpan<byte> bom = [0xEF, 0xBB, 0xBF];
        var json = bytes.AsSpan().StartsWith(bom) ? bytes.AsSpan(3) : bytes;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Limits.Hocon.NestingMax });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            var origin = new HoconOrigin(path, (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1);
            throw new HoconException(origin, $"not valid JSON ({e.Message}): correct it, or name the file .conf",
                inner: e);
        }
    }
}
