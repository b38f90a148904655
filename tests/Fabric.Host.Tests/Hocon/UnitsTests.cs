using System.Globalization;
using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Hocon;

public class UnitsTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 10_000)]
    [InlineData("300ms", 3_000_000)]
    [InlineData(" 1.5 s ", 15_000_000)]
    [InlineData("0.5s", 5_000_000)]
    [InlineData("-1s", -10_000_000)]
    [InlineData("+1s", 10_000_000)]
    [InlineData("1ns", 1)]
    [InlineData("250ns", 3)]
    [InlineData("4878955355435272204ns", 48789553554352723)]
    [InlineData("2000 micros", 20_000)]
    public void Durations_are_read(string text, long ticks)
    {
        HoconUnits.TryDuration(text, out var duration, out _).ShouldBeTrue();
        duration.Ticks.ShouldBe(ticks);
    }

    [Theory]
    [InlineData(1, "ms milli millis millisecond milliseconds")]
    [InlineData(1000, "s second seconds")]
    [InlineData(60_000, "m minute minutes")]
    [InlineData(3_600_000, "h hour hours")]
    [InlineData(86_400_000, "d day days")]
    [InlineData(0.001, "us micro micros microsecond microseconds")]
    [InlineData(0.0001, "00ns 00nano 00nanos 00nanosecond 00nanoseconds")]
    public void Every_spelling_of_a_duration_is_known(double milliseconds, string names)
    {
        foreach (var name in names.Split(' '))
        {
            HoconUnits.TryDuration("1" + name, out var duration, out _).ShouldBeTrue(name);
            duration.Ticks.ShouldBe((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond), name);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("1S")]
    [InlineData("1 sec")]
    [InlineData("1s 2s")]
    [InlineData("1,5s")]
    [InlineData("99999999999999999999999999999d")]
    [InlineData("1000000000d")]
    [InlineData("NaN")]
    [InlineData("0x10")]
    public void What_is_no_duration_is_refused(string text)
    {
        HoconUnits.TryDuration(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("128000b", "128000")]
    [InlineData("128 kB", "128000")]
    [InlineData("128K", "131072")]
    [InlineData("0.5M", "524288")]
    [InlineData("1.0005 KiB", "1024")]
    [InlineData("-1", "-1")]
    [InlineData("10 EiB", "11529215046068469760")]
    [InlineData("1YB", "1000000000000000000000000")]
    [InlineData("1YiB", "1208925819614629174706176")]
    public void Sizes_are_read(string text, string bytes)
    {
        HoconUnits.TrySize(text, out var size, out _).ShouldBeTrue();
        size.ShouldBe(decimal.Parse(bytes, CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData(1000, 1, "kB kilobyte kilobytes")]
    [InlineData(1000, 2, "MB megabyte megabytes")]
    [InlineData(1000, 3, "GB gigabyte gigabytes")]
    [InlineData(1000, 4, "TB terabyte terabytes")]
    [InlineData(1000, 5, "PB petabyte petabytes")]
    [InlineData(1000, 6, "EB exabyte exabytes")]
    [InlineData(1000, 7, "ZB zettabyte zettabytes")]
    [InlineData(1000, 8, "YB yottabyte yottabytes")]
    [InlineData(1024, 0, "B b byte bytes")]
    [InlineData(1024, 1, "K k Ki KiB kibibyte kibibytes")]
    [InlineData(1024, 2, "M m Mi MiB mebibyte mebibytes")]
    [InlineData(1024, 3, "G g Gi GiB gibibyte gibibytes")]
    [InlineData(1024, 4, "T t Ti TiB tebibyte tebibytes")]
    [InlineData(1024, 5, "P p Pi PiB pebibyte pebibytes")]
    [InlineData(1024, 6, "E e Ei EiB exbibyte exbibytes")]
    [InlineData(1024, 7, "Z z Zi ZiB zebibyte zebibytes")]
    [InlineData(1024, 8, "Y y Yi YiB yobibyte yobibytes")]
    public void Every_spelling_of_a_size_is_known(int unit, int power, string names)
    {
        var expected = Enumerable.Repeat((decimal)unit, power).Aggregate(1m, (a, b) => a * b);
        foreach (var name in names.Split(' '))
        {
            HoconUnits.TrySize("1 " + name, out var bytes, out _).ShouldBeTrue(name);
            bytes.ShouldBe(expected, name);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("KB")]
    [InlineData("1KB")]
    [InlineData("1kb")]
    [InlineData("1 Mbit")]
    [InlineData("1 000")]
    [InlineData("99999999 YiB")]
    public void What_is_no_size_is_refused(string text)
    {
        HoconUnits.TrySize(text, out _, out var problem).ShouldBeFalse();
        problem.ShouldContain("KiB");
    }
}
