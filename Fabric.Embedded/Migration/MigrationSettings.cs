using System.Text.Json.Nodes;
using Fabric.Embedded.Qmp;
using Fabric.Protocol;

namespace Fabric.Embedded.Migration;

/// <summary>Capabilities and parameters, with QEMU's names, defaults and bounds. Set and read under the main lock.</summary>
internal sealed class MigrationSettings
{
    public const string Events = "events";
    public const string ReturnPath = "return-path";
    public const string PauseBeforeSwitchover = "pause-before-switchover";
    public const string PostcopyRam = "postcopy-ram";
    public const string AutoConverge = "auto-converge";

    // Known, so that a driver may set it; there are no disks whose activation could come late.
    private const string LateBlockActivate = "late-block-activate";

    private readonly Dictionary<string, bool> _capabilities = new(StringComparer.Ordinal)
    {
        [Events] = false,
        [ReturnPath] = false,
        [PauseBeforeSwitchover] = false,
        [PostcopyRam] = false,
        [AutoConverge] = false,
        [LateBlockActivate] = false,
    };

    private long _bandwidthMax = Limits.Guest.BandwidthDefault;
    private long _postcopyBandwidthMax;
    private int _downtimeLimitMs = Limits.Guest.DowntimeLimitMsDefault;
    private volatile ThrottleRule _throttle = ThrottleRule.Default;

    /// <summary>Bytes a second; 0 is unlimited.</summary>
    public long BandwidthMax => Interlocked.Read(ref _bandwidthMax);

    /// <summary>Bytes a second once the guest runs at the target; 0 is unlimited.</summary>
    public long PostcopyBandwidthMax => Interlocked.Read(ref _postcopyBandwidthMax);

    /// <summary>A pause that is short enough.</summary>
    public int DowntimeLimitMs => Volatile.Read(ref _downtimeLimitMs);

    /// <summary>When and how far auto-converge slows the guest.</summary>
    public ThrottleRule Throttle => _throttle;

    /// <summary>Whether a capability is on.</summary>
    public bool Has(string capability) => _capabilities[capability];

    /// <summary><c>query-migrate-capabilities</c>.</summary>
    public JsonArray Capabilities() => new([.. _capabilities.Select(c =>
        (JsonNode)new JsonObject { ["capability"] = c.Key, ["state"] = c.Value })]);

    /// <summary><c>migrate-set-capabilities</c>: all of them or none.</summary>
    public void SetCapabilities(IReadOnlyList<QmpArguments> changes)
    {
        var wanted = new List<(string Name, bool State)>();
        foreach (var change in changes)
        {
            var name = change.Text("capability");
            var state = change.FlagOrNull("state") ?? throw QmpRefusal.Of("Parameter 'capabilities[].state' is missing");
            change.RefuseOthers();
            if (!_capabilities.ContainsKey(name))
                throw QmpRefusal.Of($"Parameter 'capability' does not accept value '{Names.Shown(name)}'");
            wanted.Add((name, state));
        }

        foreach (var (name, state) in wanted)
            _capabilities[name] = state;
    }

    /// <summary><c>query-migrate-parameters</c>.</summary>
    public JsonObject Parameters() => new()
    {
        ["max-bandwidth"] = BandwidthMax,
        ["max-postcopy-bandwidth"] = PostcopyBandwidthMax,
        ["downtime-limit"] = DowntimeLimitMs,
        ["throttle-trigger-threshold"] = Throttle.TriggerPercent,
        ["cpu-throttle-initial"] = Throttle.Initial,
        ["cpu-throttle-increment"] = Throttle.Increment,
        ["max-cpu-throttle"] = Throttle.Max,
    };

    /// <summary><c>migrate-set-parameters</c>: all of them or none.</summary>
    public void SetParameters(QmpArguments arguments)
    {
        var bandwidth = arguments.NumberOrNull("max-bandwidth");
        var postcopy = arguments.NumberOrNull("max-postcopy-bandwidth");
        var downtime = arguments.NumberOrNull("downtime-limit");
        var throttle = ThrottleRule.Read(arguments, _throttle);
        arguments.RefuseOthers();
        if (bandwidth is < 0 || postcopy is < 0)
            throw QmpRefusal.Of("Parameter 'max-bandwidth' expects an integer in the range of 0 to 2^63-1 bytes/second");
        if (downtime is < 0 or > Limits.Guest.DowntimeLimitMsMax)
            throw QmpRefusal.Of("Parameter 'downtime-limit' expects an integer in the range of 0 to 2000 seconds");
        if (bandwidth is { } bytes)
            Interlocked.Exchange(ref _bandwidthMax, bytes);
        if (postcopy is { } later)
            Interlocked.Exchange(ref _postcopyBandwidthMax, later);
        if (downtime is { } limit)
            Volatile.Write(ref _downtimeLimitMs, (int)limit);
        _throttle = throttle;
    }
}
