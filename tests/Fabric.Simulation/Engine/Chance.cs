namespace Fabric.Simulation.Engine;

/// <summary>
/// One stream of chance from one seed (SplitMix64): the same on every machine and build. Each thing that is drawn has a
/// stream of its own, so that leaving a fault out moves nothing else.
/// </summary>
public sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A stream of its own for one purpose of a run.</summary>
    public static Chance For(long seed, int purpose)
    {
        var mixed = new Chance(unchecked((ulong)seed * 0x9E3779B97F4A7C15UL) + ((ulong)purpose << 56));
        return new Chance(mixed.Bits());
    }

    public ulong Bits()
    {
        unchecked
        {
            var z = _state += 0x9E3779B97F4A7C15UL;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>From 0 up to, not including, <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(((Bits() >> 32) * (ulong)end) >> 32);

    /// <summary>Both ends included.</summary>
    public long Between(long least, long most) => least + (long)(Bits() % (ulong)(most - least + 1));

    public double Fraction() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>True once in so many.</summary>
    public bool OneIn(int many) => Below(many) == 0;

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    /// <summary>Short times are as likely as long ones: evenly spread over the logarithm.</summary>
    public long Spread(long least, long most) =>
        (long)(least * Math.Pow(most / (double)least, Fraction()));
}
