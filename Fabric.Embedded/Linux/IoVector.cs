using System.Runtime.InteropServices;

namespace Fabric.Embedded.Linux;

/// <summary>A piece of memory for a gathered write: struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector(nint start, nint length)
{
    public nint Start = start;
    public nint Length = length;
}
