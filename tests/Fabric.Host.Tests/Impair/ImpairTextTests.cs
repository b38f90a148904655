using Fabric.Host.Hocon;
using Fabric.Host.Impair;

namespace Fabric.Host.Tests.Impair;

public sealed class ImpairTextTests
{
    [Theory]
    [InlineData("200mbit", 25_000_000)]
    [InlineData("1.5 Gbit", 187_500_000)]
    [InlineData("64kbit", 8_000)]
    [InlineData("800bit", 100)]
    [InlineData("25MB", 25_000_000)]
    [InlineData("1MiB", 1_048_576)]
    [InlineData("0", 0)]
    public void Rates_are_bits_or_bytes_a_second(string text, long bytes)
    {
        RateText.TryRead(text, out var read).ShouldBeTrue();
        read.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("mbit")]
    [InlineData("-1mbit")]
    [InlineData("fast")]
    [InlineData("99999999999999999999gbit")]
    public void What_is_no_rate_is_refused(string text) => RateText.TryRead(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("0.1%", 0.001)]
    [InlineData("0.001", 0.001)]
    [InlineData("50%", 0.5)]
    public void Loss_is_a_share(string text, double share)
    {
        ImpairText.TryLoss(text, out var loss).ShouldBeTrue();
        loss.ShouldBe(share, 1e-12);
    }

    [Theory]
    [InlineData("51%")]
    [InlineData("-1%")]
    [InlineData("%")]
    [InlineData("NaN")]
    public void What_is_no_loss_is_refused(string text) => ImpairText.TryLoss(text, out _).ShouldBeFalse();

    [Fact]
    public void Cut_is_a_length_and_a_start()
    {
        ImpairText.TryCut("30s@10s", out var cut).ShouldBeTrue();
        cut.ShouldBe(new PlannedCut(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData("30s")]
    [InlineData("30s@")]
    [InlineData("0s@1s")]
    [InlineData("2h@1s")]
    [InlineData("1s@-1s")]
    public void What_is_no_cut_is_refused(string text) => ImpairText.TryCut(text, out _).ShouldBeFalse();

    [Fact]
    public void Wan_is_a_rate_and_a_round_trip()
    {
        ImpairText.TryWan("100mbit,50ms,1%", out var wan).ShouldBeTrue();
        wan.ShouldBe(new ImpairSettings(TimeSpan.FromMilliseconds(25), default, 12_500_000, 0.01));
    }

    [Theory]
    [InlineData("100mbit")]
    [InlineData("100mbit,fast")]
    [InlineData("100mbit,50ms,60%")]
    [InlineData("1bit,50ms")]
    [InlineData("100mbit,1h")]
    public void What_is_no_wan_is_refused(string text) => ImpairText.TryWan(text, out _).ShouldBeFalse();
}
