namespace Fabric.Host.Faults.Truth;

/// <summary>A time in which a process had the right to write an image, by the locks that the kernel holds for it.</summary>
/// <param name="Image">Device and number of the file: a name may be given to another one.</param>
/// <param name="Path">As it was opened.</param>
/// <param name="From">It was seen then, so it may have begun earlier.</param>
/// <param name="To">It was seen then, so it may have ended later.</param>
public sealed record DiskWriting(string Image, string Path, DateTimeOffset From, DateTimeOffset To);
