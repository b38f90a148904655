using Fabric.Host.Configuration;
using Fabric.Host.Hocon;

namespace Fabric.Host.Tests.Configuration;

public class SettingsReaderTests
{
    [Theory]
    [InlineData("yes", true)]
    [InlineData("on", true)]
    [InlineData("true", true)]
    [InlineData("off", false)]
    [InlineData("no", false)]
    public void Booleans_have_all_spellings(string text, bool expected) =>
        Over($"app.x = {text}").Bool("x").ShouldBe(expected);

    [Theory]
    [InlineData("maybe", "neither")]
    [InlineData("[true]", "must be one value")]
    public void A_bad_boolean_is_an_error(string text, string says) =>
        Error($"app.x = {text}", r => r.Bool("x")).ShouldContain(says);

    [Theory]
    [InlineData("5", 5)]
    [InlineData("\"5\"", 5)]
    public void Integers_may_be_quoted(string text, int expected) =>
        Over($"app.x = {text}").Int("x", 0, 9).ShouldBe(expected);

    [Theory]
    [InlineData("10", "outside 0 to 9")]
    [InlineData("-1", "outside 0 to 9")]
    [InlineData("99999999999999999999999999", "outside 0 to 9")]
    [InlineData("1.5", "not a whole number")]
    [InlineData("five", "not a whole number")]
    [InlineData("{}", "must be one value, not an object")]
    [InlineData("null", "must be set")]
    public void A_bad_integer_is_an_error(string text, string says) =>
        Error($"app.x = {text}", r => r.Int("x", 0, 9)).ShouldContain(says);

    [Fact]
    public void Durations_and_sizes_have_ranges_in_their_units()
    {
        Error("app.x = 2h", r => r.Duration("x", TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1)))
            .ShouldBe("'2h' is outside 10ms to 1h");
        Error("app.x = 10 EiB", r => r.Size("x", 1024, 1L << 40)).ShouldBe("'10 EiB' is outside 1KiB to 1TiB");
        Error("app.x = -1", r => r.Size("x", 1024, 1L << 40)).ShouldContain("outside");
        Error("app.x = 0", r => r.Size("x", 1024, 1L << 40)).ShouldContain("outside");
        Error("app.x = 1 KB", r => r.Size("x", 1024, 1L << 40)).ShouldContain("kB");
        Over("app.x = 0").Size("x", 1024, 1L << 40, zero: true).ShouldBe(0);
        Over("app.x = 128 kB").Size("x", 1024, 1L << 40).ShouldBe(128_000);
    }

    [Fact]
    public void A_choice_lists_the_words_and_suggests_one()
    {
        Over("app.x = stop-and-copy").Choice<FaultStage>("x").ShouldBe(FaultStage.StopAndCopy);
        var error = Error("app.x = stop-and-cpy", r => r.Choice<FaultStage>("x"));
        error.ShouldContain("pre-migration, reservation");
        error.ShouldEndWith("did you mean stop-and-copy?");
    }

    [Fact]
    public void A_path_starts_at_the_file_that_wrote_it()
    {
        using var files = new TempDirectory();
        files.Write("parts/tls.conf", "app.inner = ca.pem");
        var main = files.Write("main.conf", "include \"parts/tls\"\napp.outer = ca.pem\napp.abs = /x/../y");
        var reader = new SettingsReader(HoconDocument.FromFile(main).Resolve(_ => null), "app", main);

        reader.Path("inner").ShouldBe(Path.Combine(files.Path, "parts", "ca.pem"));
        reader.Path("outer").ShouldBe(Path.Combine(files.Path, "ca.pem"));
        reader.Path("abs").ShouldBe("/y");
    }

    [Fact]
    public void A_program_is_a_name_or_a_path()
    {
        Over("app.x = qemu").Program("x").ShouldBe("qemu");
        Path.IsPathRooted(Over("app.x = \"./qemu\"").Program("x")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("127.0.0.1:7600", "127.0.0.1", 7600)]
    [InlineData("[::1]:1", "::1", 1)]
    [InlineData("node-a.example:65535", "node-a.example", 65535)]
    public void Endpoints_are_read_and_written_alike(string text, string host, int port)
    {
        var endpoint = Over($"app.x = \"{text}\"").Endpoint("x");
        endpoint.ShouldBe(new Endpoint(host, port));
        endpoint.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:")]
    [InlineData("host")]
    [InlineData(":7600")]
    [InlineData("::1:7600")]
    [InlineData("[host]:7600")]
    [InlineData("ho st:7600")]
    [InlineData("host: 7600")]
    public void A_bad_endpoint_is_an_error(string text) =>
        Error($"app.x = \"{text}\"", r => r.Endpoint("x")).ShouldContain("host:port");

    [Fact]
    public void All_errors_are_collected_each_at_its_line()
    {
        var reader = Over("app {\n  a = x\n  b = 1s\n  c = {}\n}");
        reader.Int("a", 0, 1);
        reader.Size("b", 0, 1);
        reader.Text("c");
        reader.Text("d");

        reader.Errors.Select(e => (e.Line, e.Key)).ShouldBe([(2, "app.a"), (3, "app.b"), (4, "app.c"), (1, "app.d")]);
        reader.Errors[0].ToString().ShouldBe("test.conf:2: app.a: 'x' is not a whole number");
    }

    [Fact]
    public void Unknown_keys_are_errors_with_a_suggestion_at_any_depth()
    {
        var reader = Over(
            "mine = 1\napp {\n  link { hartbeat = 1s, heartbeat = 1s }\n  other { a = 1 }\n  heartbeat = 2s\n}");
        reader.Text("link.heartbeat");
        reader.RefuseUnknownKeys();

        reader.Errors.Select(e => e.ToString()).ShouldBe(
        [
            "test.conf:3: app.link.hartbeat: unknown key, did you mean app.link.heartbeat?",
            "test.conf:4: app.other: unknown key",
            "test.conf:5: app.heartbeat: unknown key, did you mean app.link.heartbeat?",
        ]);
    }

    [Fact]
    public void A_misspelt_root_is_an_error()
    {
        var reader = Over("ap.x = 1\napp.x = 1");
        reader.Int("x", 0, 9);
        reader.RefuseUnknownKeys();
        reader.Errors.Single().ToString().ShouldBe("test.conf:1: ap: unknown key, did you mean app?");
    }

    [Fact]
    public void A_value_where_an_object_belongs_is_reported_once()
    {
        var reader = Over("app.link = 5");
        reader.Text("link.a");
        reader.Text("link.b");
        reader.RefuseUnknownKeys();
        reader.Errors.Single().ToString().ShouldBe("test.conf:1: app.link: must be an object ({ ... }), not a number");
    }

    [Fact]
    public void A_rule_is_not_judged_while_its_keys_are_wrong()
    {
        var reader = Over("app { a = x, b = 1 }");
        reader.Int("a", 0, 9);
        reader.Int("b", 0, 9);
        reader.Require("b", false, "b must follow a", "a");
        reader.Errors.Count.ShouldBe(1);
        reader.Require("b", false, "b must be 2");
        reader.Errors[1].Message.ShouldBe("b must be 2");
    }

    [Fact]
    public void The_number_of_errors_is_bounded()
    {
        var reader = Over("app {" + string.Join('\n', Enumerable.Range(0, 500).Select(i => $"k{i} = 1")) + "}");
        reader.RefuseUnknownKeys();
        reader.Errors.Count.ShouldBe(101);
        reader.Errors[^1].Message.ShouldBe("and 400 more errors");
    }

    [Fact]
    public void A_message_shows_neither_a_pasted_key_nor_control_characters()
    {
        Error("app.x = \"\"\"-----BEGIN PRIVATE KEY-----\nsecret\"\"\"", r => r.Path("x")).ShouldNotContain("secret");
        Error("app.x = \"a\\u001bb\"", r => r.Int("x", 0, 9)).ShouldStartWith("'a?b'");
        Error($"app.x = {new string('y', 5000)}", r => r.Int("x", 0, 9)).Length.ShouldBeLessThan(120);
    }

    private static SettingsReader Over(string text) =>
        new(HoconDocument.FromText(text, "test.conf").Resolve(_ => null), "app", "test.conf");

    private static string Error(string text, Action<SettingsReader> read)
    {
        var reader = Over(text);
        read(reader);
        return reader.Errors.Single().Message;
    }
}
