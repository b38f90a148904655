namespace Fabric.Host.Configuration;

public enum LogThreshold
{
    Trace = 1,
    Debug,
    Info,
    Warn,
    Error,
}
