using System.Runtime.InteropServices;

namespace Fabric.Host.Nodes;

/// <summary>How this very program is started once more.</summary>
internal static class OwnProgram
{
    /// <summary>
    /// Program and arguments. Through the runtime's own <c>dotnet</c> where there is one: a small starter beside the
    /// program would look for the runtime in its environment, and a hypervisor is started without one.
    /// </summary>
    public static IReadOnlyList<string> Command(params IReadOnlyList<string> arguments)
    {
        var assembly = typeof(OwnProgram).Assembly.Location;
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
        if (assembly.Length > 0 && File.Exists(dotnet))
            return [dotnet, assembly, .. arguments];
        var program = Environment.ProcessPath
            ?? throw new InvalidOperationException("The path of this program is unknown, so it cannot be started again.");
        return [program, .. arguments];
    }
}
