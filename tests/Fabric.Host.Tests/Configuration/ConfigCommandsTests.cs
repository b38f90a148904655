using System.Text.Json;
using Fabric.Host.Configuration;

namespace Fabric.Host.Tests.Configuration;

public sealed class ConfigCommandsTests : IDisposable
{
    private readonly NodeFile _node = new();
    private readonly StringWriter _out = new();
    private readonly StringWriter _err = new();

    public void Dispose()
    {
        _node.Dispose();
        _out.Dispose();
        _err.Dispose();
    }

    [Fact]
    public void Render_prints_pretty_json_with_numbers_as_written()
    {
        var file = _node.Files.Write("x.conf", "a { b = 1.50, c = [${H}, 1e+3] }, d = {}, e = []");
        ConfigRender.Run(file, json: false, _out, _err, _ => "home").ShouldBe(0);
        _out.ToString().ShouldBe("""
            {
              "a": {
                "b": 1.50,
                "c": [
                  "home",
                  1e+3
                ]
              },
              "d": {},
              "e": []
            }

            """.ReplaceLineEndings());
        _err.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void Render_prints_one_line_when_asked_for_json()
    {
        ConfigRender.Run(_node.Files.Write("x.conf", "a.b = [1, two]"), json: true, _out, _err).ShouldBe(0);
        _out.ToString().TrimEnd().ShouldBe("""{"a":{"b":[1,"two"]}}""");
    }

    [Fact]
    public void Render_refuses_a_bad_file_with_its_place()
    {
        var file = _node.Files.Write("x.conf", "a = 1\nb = ${c}");
        ConfigRender.Run(file, json: true, _out, _err, _ => null).ShouldBe(2);
        _out.ToString().ShouldBeEmpty();
        _err.ToString().ShouldStartWith($"{file}:2:5: b: ");
    }

    [Fact]
    public void Check_says_ok()
    {
        ConfigCheck.Run(_node.Write(""), json: false, _out, _err).ShouldBe(0);
        _out.ToString().ShouldContain("ok");
        _err.ToString().ShouldBeEmpty();
    }

    [Fact]
    public void Check_prints_one_line_for_each_error()
    {
        var file = _node.Write("fabric.log.level = loud\nfabric.link.hartbeat = 1s");
        ConfigCheck.Run(file, json: false, _out, _err).ShouldBe(2);
        var lines = _err.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2);
        lines[0].ShouldStartWith($"{file}:6: fabric.log.level: ");
        lines[1].ShouldStartWith($"{file}:7: fabric.link.hartbeat: ");
    }

    [Fact]
    public void Check_prints_an_array_when_asked_for_json()
    {
        ConfigCheck.Run(_node.Write(""), json: true, _out, _err).ShouldBe(0);
        _out.ToString().Trim().ShouldBe("[]");
        _out.GetStringBuilder().Clear();

        ConfigCheck.Run(_node.Write("fabric.log.level = loud"), json: true, _out, _err).ShouldBe(2);
        using var errors = JsonDocument.Parse(_out.ToString());
        var error = errors.RootElement.EnumerateArray().Single();
        error.GetProperty("line").GetInt32().ShouldBe(6);
        error.GetProperty("key").GetString().ShouldBe("fabric.log.level");
    }
}
