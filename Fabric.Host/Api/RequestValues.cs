using System.Globalization;
using Fabric.Protocol;
using Microsoft.AspNetCore.Http;

namespace Fabric.Host.Api;

/// <summary>Reads names and numbers from paths, queries and bodies.</summary>
internal static class RequestValues
{
    /// <summary>A name in the path.</summary>
    public static T Name<T>(HttpContext context, string part)
        where T : struct, IName<T> => Name<T>((string?)context.Request.RouteValues[part], part);

    /// <summary>A name.</summary>
    public static T Name<T>(string? text, string part)
        where T : struct, IName<T>
    {
        try
        {
            return T.Of(text ?? "");
        }
        catch (FormatException e)
        {
            throw new RequestException(400, "invalid-name", $"{part}: {e.Message}",
                "Names are DNS labels in lower case.");
        }
    }

    /// <summary>Refuses what this path's query does not know, and what is given twice.</summary>
    public static void AllowQuery(HttpContext context, params ReadOnlySpan<string> known)
    {
        foreach (var (key, values) in context.Request.Query)
        {
            if (!known.Contains(key) || values.Count != 1)
            {
                throw new RequestException(400, "unknown-parameter",
                    $"The query's '{Names.Shown(key)}' is unknown here or given twice.",
                    known.IsEmpty ? "This path takes no query." : $"It takes {string.Join(", ", known)}.");
            }
        }
    }

    /// <summary>A whole number of the query.</summary>
    public static long? Number(HttpContext context, string key, long min, long max)
    {
        if (!context.Request.Query.TryGetValue(key, out var text))
            return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= min && number <= max
            ? number
            : throw new RequestException(400, "out-of-range",
                $"The query's {key} is '{Names.Shown(text)}', and {min} to {max} is needed.", "Correct it.");
    }

    /// <summary>A name of the query.</summary>
    public static T? Named<T>(HttpContext context, string key)
        where T : struct, IName<T> =>
        context.Request.Query.TryGetValue(key, out var text) ? Name<T>(text, key) : null;
}
