using System.Runtime.InteropServices;

namespace Fabric.Transport.Pages.Work;

/// <summary>Whether a native library is there; asked once each.</summary>
internal static class NativeProbe
{
    public static string? Missing(string library) =>
        NativeLibrary.TryLoad(library, out _) ? null : $"{library} is not on this host";
}
