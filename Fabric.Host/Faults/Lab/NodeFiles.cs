using System.Globalization;
using Fabric.Host.Configuration;

namespace Fabric.Host.Faults.Lab;

/// <summary>
/// The configurations of the three nodes. Time-outs are shorter than the defaults, so that a demo of a failure takes
/// seconds; their order among each other is that of the defaults. Whatever the guest writes, a migration is to end at its
/// target unless it is broken.
/// </summary>
internal sealed class NodeFiles(LabDirectory directory, LabOptions options, int coordinatorPort)
{
    /// <summary>The coordinator's file.</summary>
    public string Coordinator(string name, FaultStage holdAt) => $$"""
        fabric {
        {{Common(name, "coordinator")}}
          coordinator {
            listen = "127.0.0.1:{{coordinatorPort}}"
            url = "https://127.0.0.1:{{coordinatorPort}}"
          }
        {{Migration(options)}}
          faults {
            hold-at = {{FaultNames.WordOf(holdAt)}}
            hold-timeout = 30s
          }
        }

        """;

    /// <summary>A host's file.</summary>
    public string Host(string name, int nodeLinkPort, int dataPort, int dataLinkPort) => $$"""
        fabric {
        {{Common(name, "host")}}
          coordinator.url = "https://127.0.0.1:{{nodeLinkPort}}"
          host {
            data.listen = "127.0.0.1:{{dataPort}}"
            data.advertise = "127.0.0.1:{{dataLinkPort}}"
            hypervisor = {{FaultNames.WordOf(options.Hypervisor)}}
            qemu.binary = "{{options.QemuBinary}}"
            disks.local = "{{(options.HasDisk ? DisksOf(directory, name) : "")}}"
          }
        {{options.HostSettings}}
        }

        """;

    /// <summary>How a coordinator's migrations are bounded, in its <c>fabric</c>.</summary>
    public static string Migration(LabOptions options)
    {
        string Seconds(TimeSpan usual) =>
            string.Create(CultureInfo.InvariantCulture, $"{(usual + options.DataOutage).TotalSeconds:0}s");
        return $$"""
              migration {
                bandwidth-max = {{options.BandwidthBytesPerSecond.ToString(CultureInfo.InvariantCulture)}}
                downtime-limit = 30ms
                policy = must-finish
                deadline = {{Seconds(options.Deadline)}}
                switchover-timeout = {{Seconds(TimeSpan.FromSeconds(20))}}
                host-return-timeout = 15s
                fence-wait = 8s
                order-retry = 500ms
              }
            """;
    }

    /// <summary>Where a host has its local disks.</summary>
    public static string DisksOf(LabDirectory directory, string host) => directory.In(host + "-disks");

    private static string Common(string name, string role) => $$"""
          node {
            name = {{name}}
            state-dir = "{{name}}"
            roles = [{{role}}]
          }
          tls {
            ca = "pki/ca.crt"
            cert = "pki/{{name}}.crt"
            key = "pki/{{name}}.key"
          }
          link {
            heartbeat = 500ms
            dead-after = 3s
            reconnect-max = 500ms
          }
        """;
}
