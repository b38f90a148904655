namespace Fabric.Host.Configuration;

public enum NodeRole
{
    Coordinator = 1,
    Host,
}
