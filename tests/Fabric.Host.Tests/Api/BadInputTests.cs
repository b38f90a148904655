using System.Net;
using System.Text;

namespace Fabric.Host.Tests.Api;

/// <summary>Inputs that are wrong by themselves: refused by name, and the next good one works.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private const string Good = """{"name":"web","host":"a","memoryKiB":65600}""";
    private readonly ApiFixture _at = new();

    public async Task InitializeAsync()
    {
        await _at.InitializeAsync();
        await _at.HostAsync("a");
    }

    public Task DisposeAsync() => _at.DisposeAsync();

    [Theory]
    [InlineData("", "empty")]
    [InlineData("null", "null")]
    [InlineData("[]", "")]
    [InlineData("\"x\"", "")]
    [InlineData("0", "")]
    [InlineData("{", "")]
    [InlineData(Good + "x", "")]
    [InlineData(Good + Good, "")]
    [InlineData("/* c */" + Good, "")]
    [InlineData("""{"name":"web","host":"a"}""", "memoryKiB")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":65600,"memoryKiB":1}""", "memoryKiB")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":"65600"}""", "$.memoryKiB")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":1.5}""", "$.memoryKiB")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":99999999999999999999}""", "$.memoryKiB")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":null}""", "$.memoryKiB")]
    [InlineData("""{"name":null,"host":"a","memoryKiB":65600}""", "name")]
    [InlineData("""{"name":1,"host":"a","memoryKiB":65600}""", "$.name")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":65600,"memory":1}""", "memory")]
    [InlineData("""{"Name":"web","host":"a","memoryKiB":65600}""", "Name")]
    [InlineData("""{"$type":"System.IO.FileInfo","name":"web","host":"a","memoryKiB":65600}""", "$type")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":65600,"devices":[null]}""", "devices")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":65600,"devices":"x"}""", "$.devices")]
    [InlineData("""{"name":"\ud800","host":"a","memoryKiB":65600}""", "")]
    [InlineData("""{"name":"web","host":"a","memoryKiB":65600,"devices":[[[[[[[[[[[[]]]]]]]]]]]]}""", "")]
    public async Task A_body_that_is_not_what_is_needed_is_refused_F211(string body, string named)
    {
        using var answer = await _at.PostAsync("/api/v1/vms", body);
        var detail = await ApiFixture.ProblemAsync(answer, 400, "malformed");
        detail.ShouldContain(named);
        detail.ShouldNotContain("Fabric.Host");
        detail.ShouldNotContain("System.");
        await NextGoodOneWorksAsync();
    }

    [Theory]
    [InlineData("""{"disks":[{"id":"Root","file":"a.img"}]}""", "disks[0].id")]
    [InlineData("""{"disks":[{"id":"a","file":"a.img"},{"id":"b","file":"b","format":"vmdk"}]}""", "disks[1].format: 'vmdk' is not one of raw, qcow2")]
    [InlineData("""{"disks":[{"id":"a","file":"a.img","place":"nfs"}]}""", "disks[0].place: 'nfs' is not one of shared, local")]
    [InlineData("""{"disks":[{"id":"a"}]}""", "file")]
    [InlineData("""{"disks":[{"id":"a","file":null}]}""", "$.disks[0].file")]
    [InlineData("""{"disks":[{"id":"a","file":"b","cache":"none"}]}""", "cache")]
    [InlineData("""{"disks":[null]}""", "disks[0]: null is not a disk")]
    [InlineData("""{"network":{"kind":"nat"}}""", "network.kind: 'nat' is not one of none, announce, vxlan, routed, tunnel")]
    [InlineData("""{"network":{"kind":"1"}}""", "network.kind")]
    [InlineData("""{"network":{}}""", "kind")]
    [InlineData("""{"network":{"kind":"routed","mac":"52:54"}}""", "network.mac: '52:54' is not a MAC address")]
    [InlineData("""{"network":{"kind":"routed","addresses":["10.0.0.1","10.1"]}}""", "network.addresses[1]")]
    [InlineData("""{"network":{"kind":"routed","gateways":["10.0.0.1"]}}""", "network.gateways[0]")]
    [InlineData("""{"network":{"kind":"routed","gateways":[null]}}""", "network.gateways[0]")]
    [InlineData("""{"network":{"kind":"tunnel","dns":{"server":"ns1","zone":"z","name":"n.z","key":"k"}}}""", "network.dns.server")]
    public async Task A_disk_or_a_network_that_is_none_is_refused_by_its_field(string parts, string named)
    {
        using var answer = await _at.PostAsync(
            "/api/v1/vms", Good.TrimEnd('}') + "," + parts[1..]);
        (await ApiFixture.ProblemAsync(answer, 400, "malformed")).ShouldContain(named);
        await NextGoodOneWorksAsync();
    }

    [Theory]
    [InlineData("""{"disks":[{"id":"a","file":"../shadow"}]}""", "disk a: '../shadow' is not a file's name")]
    [InlineData("""{"disks":[{"id":"a","file":"x"},{"id":"b","file":"x"}]}""", "disks a and b are one file")]
    [InlineData("""{"network":{"kind":"routed","mac":"52:54:00:aa:00:01","tap":"vweb"}}""", "network: ")]
    public async Task Disks_or_a_network_that_make_no_sense_are_refused_by_the_specification(string parts, string named)
    {
        using var answer = await _at.PostAsync("/api/v1/vms", Good.TrimEnd('}') + "," + parts[1..]);
        (await ApiFixture.ProblemAsync(answer, 422, "spec-invalid")).ShouldContain(named);
        await NextGoodOneWorksAsync();
    }

    [Fact]
    public async Task Bytes_that_are_not_plain_UTF_8_are_refused()
    {
        byte[][] bodies =
        [
            [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Good)],
            Encoding.Unicode.GetBytes(Good),
            [.. Encoding.UTF8.GetBytes("{\"name\":\"w"), 0xC3, 0x28, .. Encoding.UTF8.GetBytes("\"}")],
            [0x00],
        ];
        foreach (var body in bodies)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            using var answer = await _at.Http.PostAsync("/api/v1/vms", content);
            await ApiFixture.ProblemAsync(answer, 400, "malformed");
        }

        await NextGoodOneWorksAsync();
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/jsonx")]
    [InlineData("")]
    public async Task A_body_of_another_type_is_refused(string type)
    {
        using var answer = await _at.PostAsync("/api/v1/vms", Good, type);
        await ApiFixture.ProblemAsync(answer, 415, "unsupported-media-type");
        await NextGoodOneWorksAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("Web")]
    [InlineData("-web")]
    [InlineData("../etc/passwd")]
    [InlineData("web\\u0000")]
    [InlineData("web\\n")]
    [InlineData("w\\u202eeb")]
    [InlineData("w\\u0435b")]
    [InlineData("a/b")]
    public async Task A_name_that_is_no_name_is_refused_F214(string name)
    {
        using var answer = await _at.PostAsync("/api/v1/vms", Good.Replace("web", name, StringComparison.Ordinal));
        await ApiFixture.ProblemAsync(answer, 400, "invalid-name");
        await NextGoodOneWorksAsync();
    }

    [Fact]
    public async Task A_name_of_64_KB_is_refused_in_few_words()
    {
        using var answer = await _at.PostAsync(
            "/api/v1/vms", Good.Replace("web", new string('x', 65_536), StringComparison.Ordinal));
        (await ApiFixture.ProblemAsync(answer, 400, "invalid-name")).Length.ShouldBeLessThan(300);
    }

    [Theory]
    [InlineData("/api/v1/vms/..%2f..%2fetc")]
    [InlineData("/api/v1/vms/%2e%2e%2fetc")]
    [InlineData("/api/v1/vms/we%0ab")]
    [InlineData("/api/v1/vms/w%E2%80%AEeb")]
    [InlineData("/api/v1/vms/WEB")]
    public async Task A_path_that_holds_no_name_is_refused(string path)
    {
        using var answer = await _at.Http.GetAsync(path);
        await ApiFixture.ProblemAsync(answer, 400, "invalid-name");
    }

    [Fact]
    public async Task A_body_where_nothing_can_be_said_may_only_be_empty()
    {
        await _at.StoppedVmAsync();
        using var refused = await _at.PostAsync("/api/v1/vms/web/start", """{"force":true}""");
        await ApiFixture.ProblemAsync(refused, 400, "malformed");
        using var empty = await _at.PostAsync("/api/v1/vms/web/start", "{}");
        empty.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Another_method_is_refused_with_problem_details()
    {
        using var answer = await _at.Http.PutAsync("/api/v1/vms", null);
        await ApiFixture.ProblemAsync(answer, 405, "no-such-method");
    }

    private async Task NextGoodOneWorksAsync()
    {
        using var good = await _at.PostAsync("/api/v1/vms", Good);
        good.StatusCode.ShouldBe(HttpStatusCode.Created, await good.Content.ReadAsStringAsync());
    }
}
