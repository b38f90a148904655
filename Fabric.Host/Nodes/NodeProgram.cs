using System.Net.Sockets;
using System.Runtime.InteropServices;
using Fabric.Actors.Journal;
using Fabric.Host.Configuration;
using Fabric.Transport.Security;
using Microsoft.Extensions.Logging;

namespace Fabric.Host.Nodes;

/// <summary>
/// <c>fabric node</c>: settings, certificates, then the roles, until SIGTERM, SIGINT or the token. An orderly end lets
/// hypervisors run on; a kill does too.
/// </summary>
public static class NodeProgram
{
    private const int Failed = 1;
    private const int BadConfiguration = 2;

    /// <summary>Runs a node to its end; the result is the exit code.</summary>
    public static async Task<int> RunAsync(string configPath, CancellationToken cancellation)
    {
        try
        {
            await RunNodeAsync(NodeSettings.Load(configPath, Environment.GetEnvironmentVariable), cancellation);
            return 0;
        }
        catch (SettingsException e)
        {
            foreach (var error in e.Errors)
                await Console.Error.WriteLineAsync(error.ToString());
            return BadConfiguration;
        }
        catch (CertificateException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return BadConfiguration;
        }
        catch (Exception e) when (e is NodeStartException or JournalUnavailableException or JournalSchemaException
            or SocketException or IOException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return Failed;
        }
    }

    private static async Task RunNodeAsync(NodeSettings settings, CancellationToken cancellation)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopped.TrySetResult();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using var cancelled = cancellation.Register(() => stopped.TrySetResult());

        var time = TimeProvider.System;
        using var logs = NodeParts.Logs(settings.Log.Level);
        using var certificate = CertificateFiles.Load(
            settings.Tls.CaFile, settings.Tls.CertificateFile, settings.Tls.KeyFile, time);
        if (!string.Equals(certificate.Identity.Name, settings.Node.Name, StringComparison.Ordinal))
        {
            throw new NodeStartException(
                $"node.name is '{settings.Node.Name}' and the certificate '{settings.Tls.CertificateFile}' is " +
                $"{certificate.Identity}'s: make one with 'fabric certs node {settings.Node.Name}'.");
        }

        using var state = StateLock.Take(settings.Node.StateDirectory);
        var policy = new PeerPolicy(certificate, time);
        await using var coordinator = settings.Node.Roles.Contains(NodeRole.Coordinator)
            ? await CoordinatorRole.StartAsync(settings, policy, logs, time, cancellation)
            : null;
        await using var host = settings.Node.Roles.Contains(NodeRole.Host)
            ? await HostRole.StartAsync(settings, policy, logs, time, cancellation)
            : null;
        var log = logs.CreateLogger("Fabric.Node");
        NodeLog.Started(log, settings.Node.Name, string.Join(" and ", settings.Node.Roles));
        await stopped.Task;
        NodeLog.Stopping(log, settings.Node.Name);
    }
}
