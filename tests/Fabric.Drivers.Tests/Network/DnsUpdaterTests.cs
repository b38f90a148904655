using System.Globalization;
using System.Security.Cryptography;
using Fabric.Drivers.Network;
using Fabric.Protocol;

namespace Fabric.Drivers.Tests.Network;

public sealed class DnsUpdaterTests
{
    private static readonly byte[] Secret = SHA256.HashData("a secret of tests"u8);
    private static readonly HostAddress[] Addresses = [HostAddress.Of("10.98.0.7"), HostAddress.Of("2001:db8::7")];

    // Head without its number; zone; both deletions (class ANY, 0 s, no data); both additions (class IN, 60 s).
    private const string Golden =
        "2800 0001 0000 0004 0000"
        + "036c6162 07 6578616d706c65 00 0006 0001"
        + "NAME 0001 00ff 00000000 0000"
        + "NAME 001c 00ff 00000000 0000"
        + "NAME 0001 0001 0000003c 0004 0a620007"
        + "NAME 001c 0001 0000003c 0010 20010db8000000000000000000000007";

    [Fact]
    public async Task Update_replaces_all_addresses_in_one_signed_message()
    {
        await using var server = new NameServer(Secret);
        await Updater(Secret).UpdateAsync(Spec(server.Port), Addresses, default);
        server.IsSigned.ShouldBeTrue();
        // The name, or what a pointer to an earlier one makes of it: "web" and then the zone at byte 12.
        var golden = Convert.FromHexString(
            Golden.Replace("NAME", "03776562c00c", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal));
        Expanded(server.Update).ShouldBe(Expanded([0, 0, .. golden]));
    }

    [Fact]
    public async Task Answer_that_nobody_signed_is_refused()
    {
        await using var server = new NameServer(Secret, signs: false);
        await Refused(server, Secret, NetworkFault.DnsRefused, "not signed");
    }

    [Fact]
    public async Task Answer_that_another_key_signed_is_refused()
    {
        await using var server = new NameServer(SHA256.HashData("another"u8));
        await Refused(server, Secret, NetworkFault.DnsRefused, "");
        server.IsSigned.ShouldBeFalse();
    }

    [Fact]
    public async Task Refusal_of_the_server_is_told_in_its_words()
    {
        await using var server = new NameServer(Secret, code: 5);
        await Refused(server, Secret, NetworkFault.DnsRefused, "Refused");
    }

    [Fact]
    public async Task Server_that_is_not_there_is_silent()
    {
        var server = new NameServer(Secret);
        var port = server.Port;
        await server.DisposeAsync();
        var refusal = await Should.ThrowAsync<NetworkException>(() => Updater(Secret).UpdateAsync(Spec(port), Addresses, default));
        refusal.Fault.ShouldBe(NetworkFault.DnsSilent);
        refusal.Where.ShouldContain(port.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Key_that_this_host_does_not_have_is_named()
    {
        var updater = new DnsUpdater(new Dictionary<string, byte[]>(StringComparer.Ordinal), TimeProvider.System);
        (await Should.ThrowAsync<NetworkException>(() => updater.UpdateAsync(Spec(53), Addresses, default)))
            .What.ShouldContain("'fabric'");
    }

    private static DnsUpdater Updater(byte[] secret) =>
        new(new Dictionary<string, byte[]>(StringComparer.Ordinal) { ["fabric"] = secret }, TimeProvider.System);

    private static DnsSpec Spec(int port) =>
        new(new HostAddress("127.0.0.1"), "lab.example", "web.lab.example", "fabric", 60) { Port = port };

    private static async Task Refused(NameServer server, byte[] secret, NetworkFault fault, string what)
    {
        var refusal = await Should.ThrowAsync<NetworkException>(
            () => Updater(secret).UpdateAsync(Spec(server.Port), Addresses, default));
        refusal.Fault.ShouldBe(fault);
        refusal.What.ShouldContain(what);
    }

    // Names may be written whole or by a pointer: all are read as whole, and the message's number is left out.
    private static string Expanded(byte[] message)
    {
        var text = Convert.ToHexString(message.AsSpan(2, 10));
        var at = 12;
        string Name()
        {
            var name = "";
            var jumped = -1;
            for (var p = at; ;)
            {
                if (message[p] >= 0xc0)
                {
                    jumped = jumped < 0 ? p + 2 : jumped;
                    p = ((message[p] & 0x3f) << 8) | message[p + 1];
                    continue;
                }

                var length = message[p];
                if (length == 0)
                {
                    at = jumped < 0 ? p + 1 : jumped;
                    return name;
                }

                name += System.Text.Encoding.ASCII.GetString(message, p + 1, length) + ".";
                p += length + 1;
            }
        }

        text += " " + Name() + Convert.ToHexString(message.AsSpan(at, 4));
        for (at += 4; at < message.Length;)
        {
            text += " " + Name();
            var length = 10 + ((message[at + 8] << 8) | message[at + 9]);
            text += Convert.ToHexString(message.AsSpan(at, length));
            at += length;
        }

        return text;
    }
}
