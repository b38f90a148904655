using System.Globalization;
using Fabric.Host.Hocon;
using Fabric.Protocol;

namespace Fabric.Host.Impair;

/// <summary>How lines are written on command lines.</summary>
internal static class ImpairText
{
    /// <summary>A share: <c>0.1%</c> or <c>0.001</c>.</summary>
    public static bool TryLoss(string text, out double loss)
    {
        var percent = text.EndsWith('%');
        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        var ok = double.TryParse(text.AsSpan().TrimEnd('%'), Style, CultureInfo.InvariantCulture, out loss);
        loss = percent ? loss / 100 : loss;
        return ok && loss is >= 0 and <= Limits.Impair.LossMax;
    }

    /// <summary>A cut to come: <c>30s@10s</c>, half a minute, ten seconds after the start.</summary>
    public static bool TryCut(string text, out PlannedCut cut)
    {
        cut = new PlannedCut(default, default);
        var parts = text.Split('@');
        if (parts.Length != 2 || !HoconUnits.TryDuration(parts[0], out var length, out _)
            || !HoconUnits.TryDuration(parts[1], out var at, out _))
            return false;
        cut = new PlannedCut(at, length);
        return length.TotalMilliseconds is >= 1 and <= Limits.Impair.CutMsMax
            && at.TotalMilliseconds is >= 0 and <= Limits.Impair.CutAtMsMax;
    }

    /// <summary>
    /// A WAN: <c>100mbit,50ms</c> or <c>100mbit,50ms,0.1%</c>: rate of each direction, round trip, loss.
    /// </summary>
    public static bool TryWan(string text, out ImpairSettings settings)
    {
        settings = ImpairSettings.None;
        var parts = text.Split(',');
        var loss = 0.0;
        if (parts.Length is not (2 or 3) || !RateText.TryRead(parts[0], out var rate)
            || !HoconUnits.TryDuration(parts[1], out var roundTrip, out _)
            || (parts.Length == 3 && !TryLoss(parts[2], out loss)))
            return false;
        settings = new ImpairSettings(roundTrip / 2, default, rate, loss);
        return settings.Fault() is null;
    }
}
