using System.Text.Json.Nodes;
using Fabric.Actors.Coordination;
using Fabric.Host.Client;

namespace Fabric.Host.Cli;

/// <summary>JSON lines: each event as <c>{"event": ..., "data": ...}</c>; the last one is the outcome.</summary>
internal sealed class JsonDisplay(Output output) : FollowDisplay
{
    public override void Raw(WatchEvent told) => Line(told.Kind, told.Data);

    public override void Outcome(MigrationSummary migration) => Line(
        "outcome", System.Text.Json.JsonSerializer.Serialize(
            migration, Api.Contracts.ApiJson.Default.MigrationSummary));

    private void Line(string kind, string data) =>
        output.WriteLine(new JsonObject { ["event"] = kind, ["data"] = JsonNode.Parse(data) });
}
