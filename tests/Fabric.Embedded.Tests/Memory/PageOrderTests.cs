using Fabric.Embedded.Memory;

namespace Fabric.Embedded.Tests.Memory;

public sealed class PageOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(4099)]
    [InlineData(32_784)]
    [InlineData(1 << 20)]
    public void Every_page_has_its_turn_once_and_then_it_begins_anew(int pages)
    {
        var order = new PageOrder(pages);
        var seen = new PageBitmap(pages);
        var page = 0;
        for (var i = 0; i < pages; i++)
        {
            seen[page].ShouldBeFalse();
            seen.Add(page);
            page = order.After(page);
        }

        page.ShouldBe(0);
        seen.Count().ShouldBe(pages);
    }

    [Fact]
    public void After_a_short_run_the_order_leaps()
    {
        var order = new PageOrder(32_768);
        order.After(5).ShouldBe(6);
        Math.Abs(order.After(63) - 63).ShouldBeGreaterThan(1000);
    }
}
