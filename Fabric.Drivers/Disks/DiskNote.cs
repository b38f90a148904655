using System.Text.Json.Serialization;
using Fabric.Protocol;

namespace Fabric.Drivers.Disks;

/// <summary>What an image is to the fabric; a closed list, numbers are never reused.</summary>
public enum DiskState
{
    /// <summary>A copy comes in; no guest has run on it. May be gone on with, and removed.</summary>
    Partial = 1,

    /// <summary>A guest runs, or may run, on it. Never removed.</summary>
    Owned = 2,

    /// <summary>Its VM has gone to another host for good. May be removed.</summary>
    Released = 3,
}

/// <summary>The note beside an image.</summary>
/// <param name="Vm">Whose it is.</param>
/// <param name="Disk">Which of its disks.</param>
/// <param name="File">The image's file name.</param>
/// <param name="Image">Its own name, drawn when it was made.</param>
/// <param name="VirtualBytes">What the guest sees; 0 where nobody looked.</param>
/// <param name="Format">How it is laid out.</param>
/// <param name="Boot">The boot of this host in which it was made; for a reader, nothing is concluded from it.</param>
/// <param name="State">What it is now.</param>
public sealed record DiskNote(
    VmId Vm, DiskId Disk, string File, string Image, long VirtualBytes, DiskFormat Format, string Boot, DiskState State);

/// <summary>A note that was found, or could not be read.</summary>
/// <param name="Path">The image.</param>
/// <param name="Note">Null when it is damaged.</param>
/// <param name="Problem">What is wrong with it, when it is.</param>
/// <param name="IsImageThere">The image is there.</param>
public sealed record DiskFound(string Path, DiskNote? Note, DiskProblem? Problem, bool IsImageThere);

/// <summary>JSON of notes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, MaxDepth = 8)]
[JsonSerializable(typeof(DiskNote))]
internal sealed partial class DiskJson : JsonSerializerContext;
