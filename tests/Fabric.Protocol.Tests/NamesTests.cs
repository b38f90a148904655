namespace Fabric.Protocol.Tests;

public sealed class NamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("web-1")]
    [InlineData("0")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123")]
    public void A_dns_label_in_lower_case_is_a_name(string name) => VmId.Of(name).Value.ShouldBe(name);

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("A")]
    [InlineData("a.b")]
    [InlineData("../a")]
    [InlineData("%2e%2e%2f")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("\u202Ea")]
    [InlineData("\u0430")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234")]
    public void Anything_else_is_refused_in_words_that_can_be_printed(string name)
    {
        var message = Should.Throw<FormatException>(() => HostId.Of(name)).Message;
        message.ShouldContain("is not a host name");
        message.ShouldAllBe(c => c >= ' ' && c <= '~');
    }

    [Fact]
    public void A_name_of_64_KB_is_shown_cut() => Names.Shown(new string('x', 65_536)).Length.ShouldBeLessThan(100);
}
