using System.Text.Json.Serialization;

namespace Fabric.Protocol;

/// <summary>The name of a VM, unique in the fabric.</summary>
[JsonConverter(typeof(NameJsonConverter<VmId>))]
public readonly record struct VmId(string Value) : IName<VmId>
{
    /// <summary>Makes the id, or throws <see cref="FormatException"/> that says what a name may be.</summary>
    public static VmId Of(string value) => new(Names.Checked(value, "VM"));

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The name of a host: its node name, and the subject of its certificate.</summary>
[JsonConverter(typeof(NameJsonConverter<HostId>))]
public readonly record struct HostId(string Value) : IName<HostId>
{
    /// <summary>Makes the id, or throws <see cref="FormatException"/> that says what a name may be.</summary>
    public static HostId Of(string value) => new(Names.Checked(value, "host"));

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The name of one migration of one VM, over all its attempts.</summary>
[JsonConverter(typeof(NameJsonConverter<MigrationId>))]
public readonly record struct MigrationId(string Value) : IName<MigrationId>
{
    /// <summary>Makes the id, or throws <see cref="FormatException"/> that says what a name may be.</summary>
    public static MigrationId Of(string value) => new(Names.Checked(value, "migration"));

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>The name of a disk, unique in its VM.</summary>
[JsonConverter(typeof(NameJsonConverter<DiskId>))]
public readonly record struct DiskId(string Value) : IName<DiskId>
{
    /// <summary>Makes the id, or throws <see cref="FormatException"/> that says what a name may be.</summary>
    public static DiskId Of(string value) => new(Names.Checked(value, "disk"));

    /// <inheritdoc/>
    public override string ToString() => Value;
}

/// <summary>A name that is checked when it is made.</summary>
public interface IName<TSelf>
    where TSelf : IName<TSelf>
{
    /// <summary>The name as text.</summary>
    string Value { get; }

    /// <summary>Makes the name, or throws <see cref="FormatException"/>.</summary>
    static abstract TSelf Of(string value);
}
