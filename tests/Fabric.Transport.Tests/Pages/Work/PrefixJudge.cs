using Fabric.Transport.Pages;

namespace Fabric.Transport.Tests.Pages.Work;

/// <summary>
/// Judges what a target's hypervisor was given before a fault: every page of it, in its order, is a version that the
/// source sent for that page, and no later than in the source's order.
/// </summary>
internal static class PrefixJudge
{
    public static void ShouldBeRight(byte[] output, byte[] stream)
    {
        var sent = new Versions();
        new QemuStreamReader().Read(stream, sent);
        var given = new Versions();
        var reader = new QemuStreamReader();
        reader.Read(output, given);
        reader.Fault.ShouldBe(StreamFault.None, reader.Why);
        foreach (var (page, versions) in given.Of)
        {
            // A version may be left out where it was there already; none may be strange, or out of its turn.
            var at = 0;
            var all = sent.Of[page];
            foreach (var version in versions)
            {
                while (at < all.Count && !string.Equals(all[at], version, StringComparison.Ordinal))
                    at++;
                at.ShouldBeLessThan(all.Count, $"{page} was given in a version that was not sent");
            }
        }
    }

    private sealed class Versions : IStreamVisitor
    {
        public Dictionary<string, List<string>> Of { get; } = [];

        public void OnRamSetup(IReadOnlyList<RamBlock> blocks)
        {
        }

        public void OnPage(RamBlock block, long offset, ReadOnlySpan<byte> data) =>
            Note(block, offset, Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(data)));

        public void OnZeroPage(RamBlock block, long offset, byte fill)
        {
            var page = new byte[4096];
            page.AsSpan().Fill(fill);
            OnPage(block, offset, page);
        }

        public void OnOpaque(ReadOnlySpan<byte> bytes)
        {
        }

        private void Note(RamBlock block, long offset, string version)
        {
            var name = $"{block.Name} {offset:x}";
            if (!Of.TryGetValue(name, out var versions))
                Of[name] = versions = [];
            versions.Add(version);
        }
    }
}
