namespace Fabric.Host.Demo;

/// <summary>What the demo breaks on purpose.</summary>
public enum DemoVictim
{
    /// <summary>The target's hypervisor process: kill -9.</summary>
    TargetVm = 1,

    /// <summary>The target host's node process: kill -9, started again after a second.</summary>
    TargetAgent,

    /// <summary>The source host's node process: kill -9, started again after a second.</summary>
    SourceAgent,

    /// <summary>The coordinator's node process: kill -9, started again after a second.</summary>
    Coordinator,

    /// <summary>The TCP connections between the two hosts: reset, and refused for a second.</summary>
    DataLink,

    /// <summary>The TCP connections of both hosts to the coordinator: reset, and refused for three seconds.</summary>
    NodeLink,
}
