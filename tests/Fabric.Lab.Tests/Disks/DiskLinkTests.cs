using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Fabric.Host.Certificates;
using Fabric.Protocol;
using Fabric.Transport.Connect;
using Fabric.Transport.Disks;
using Fabric.Transport.Link;
using Fabric.Transport.Relay;
using Fabric.Transport.Security;
using Fabric.Transport.Wire;

namespace Fabric.Lab.Tests.Disks;

/// <summary>A disk's link between QEMU's own NBD client and server, over TLS through a path that breaks.</summary>
public sealed class DiskLinkTests : IDisposable
{
    private const int MiB = 1024 * 1024;
    private static readonly HostId Near = HostId.Of("a");
    private static readonly HostId Far = HostId.Of("b");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fd");
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly List<NodeCertificate> _certificates = [];
    private readonly LinkBufferPool _buffers = new();

    [Fact]
    public async Task QEMUs_own_client_copies_a_disk_through_cuts_and_comes_again()
    {
        var time = TimeProvider.System;
        CertificateAuthority.Init(_directory.FullName, "lab", TimeSpan.FromDays(1), time);
        var tickets = new TicketBook(_random, time);
        await using var listener = DataListener.Start(
            new IPEndPoint(IPAddress.Loopback, 0), PolicyOf(Far), tickets, time, _ => { });
        using var path = new CuttingProxy(listener.LocalEndPoint, 3 * MiB, times: 5);

        var ticket = tickets.Issue(MigrationId.Of("m-1"), 1, Near, LinkPurpose.OfDisk(0));
        var accepting = listener.AcceptAsync(ticket, CancellationToken.None);
        var link = await new DataConnector(PolicyOf(Near), time).ConnectAsync(
            new DataEndpoint("127.0.0.1", path.Port), Far, MigrationId.Of("m-1"), 1, ticket, CancellationToken.None,
            LinkPurpose.OfDisk(0));
        await using var source = DiskSource.Start(Path.Combine(_directory.FullName, "s"), link, _buffers, time);
        await using var target = DiskTarget.Start(Path.Combine(_directory.FullName, "t"), await accepting, _buffers, time);

        var (from, to) = (Path.Combine(_directory.FullName, "from"), Path.Combine(_directory.FullName, "to"));
        var bytes = RandomNumberGenerator.GetBytes(48 * MiB);
        await File.WriteAllBytesAsync(from, bytes);
        await RunAsync("qemu-img", "create", "-q", "-f", "qcow2", to, $"{bytes.Length}");
        using var server = Start("qemu-nbd", "-t", "-f", "qcow2", "-k", Path.Combine(_directory.FullName, "t"), to);
        var nbd = $"nbd+unix:///?socket={Path.Combine(_directory.FullName, "s")}";
        try
        {
            // Asked until the server is there: a conversation with nobody is one that closes.
            while (await CodeAsync("qemu-io", "-r", "-f", "raw", "-c", "length", nbd) != 0)
                server.HasExited.ShouldBeFalse("qemu-nbd ended");
            var before = source.Traffic;
            await RunAsync("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", from, nbd);
            await RunAsync("qemu-img", "compare", "-f", "raw", "-F", "raw", from, nbd);
            await RunAsync(
                "qemu-io", "-f", "raw", "-c", "write -P 90 1M 3M", "-c", "flush", "-c", "read -P 90 1M 3M", nbd);

            path.Cuts.ShouldBe(5);
            var traffic = source.Traffic;
            traffic.Stalls.ShouldBe(0);
            (traffic.Conversations - before.Conversations).ShouldBeGreaterThanOrEqualTo(3);
            ((double)(traffic.Sent - before.Sent)).ShouldBeInRange(51.0 * MiB, 51.2 * MiB);
            (await source.EndAsync().WaitAsync(Patience)).End.ShouldBe(RelayEnd.Completed);
            (await target.Completion.WaitAsync(Patience)).End.ShouldBe(RelayEnd.Completed);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync().WaitAsync(Patience);
        }

        bytes.AsSpan(MiB, 3 * MiB).Fill(90);
        await File.WriteAllBytesAsync(from, bytes);
        await RunAsync("qemu-img", "compare", "-f", "raw", "-F", "qcow2", from, to);
    }

    public void Dispose()
    {
        _buffers.Dispose();
        _certificates.ForEach(c => c.Dispose());
        _random.Dispose();
        _directory.Delete(recursive: true);
    }

    private static Process Start(string program, params string[] arguments)
    {
        var path = $"/usr/bin/{program}";
        File.Exists(path).ShouldBeTrue($"'{path}' is missing: deploy/setup.sh gets it (qemu-utils)");
        return Process.Start(new ProcessStartInfo(path, arguments)
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
    }

    private static async Task<int> CodeAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        await process.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await CodeAsync(program, arguments)).ShouldBe(0, $"{program} {string.Join(' ', arguments)}");

    private PeerPolicy PolicyOf(HostId host)
    {
        CertificateAuthority.IssueNode(
            _directory.FullName, host.Value, null, TimeSpan.FromDays(1), TimeProvider.System, force: false);
        var certificate = CertificateFiles.Load(
            Path.Combine(_directory.FullName, CertificateAuthority.CaFile),
            Path.Combine(_directory.FullName, $"{host}.crt"), Path.Combine(_directory.FullName, $"{host}.key"),
            TimeProvider.System);
        _certificates.Add(certificate);
        return new PeerPolicy(certificate, TimeProvider.System);
    }
}
