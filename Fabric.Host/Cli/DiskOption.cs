using System.CommandLine;
using Fabric.Host.Api.Contracts;

namespace Fabric.Host.Cli;

/// <summary><c>--disk id=root,file=web.qcow2,format=qcow2,place=local</c>.</summary>
internal static class DiskOption
{
    private const string Name = "--disk";

    public static Option<string[]> Create() => new(Name)
    {
        Description = "A disk: id=NAME,file=FILE[,format=qcow2|raw][,place=local|shared]; may be repeated, in the guest's order",
        HelpName = "disk",
        DefaultValueFactory = _ => [],
    };

    /// <summary>What the coordinator is asked for; it knows the words.</summary>
    public static DiskRequest Read(string text)
    {
        var parts = new PartList(Name, text);
        var disk = new DiskRequest
        {
            Id = parts.Must("id"),
            File = parts.Must("file"),
            Format = parts.One("format"),
            Place = parts.One("place"),
        };
        parts.RefuseUnknown();
        return disk;
    }
}
