namespace Fabric.Transport.Pages.Work;

/// <summary>Numbers of 32 bits in one to five bytes, seven bits each, the lowest first.</summary>
internal static class Varint
{
    public const int BytesMax = 5;

    public static int Write(Span<byte> into, uint value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            into[at++] = (byte)(value | 0x80);
        into[at++] = (byte)value;
        return at;
    }

    public static bool TryRead(ref ReadOnlySpan<byte> from, out uint value)
    {
        ulong sum = 0;
        for (var i = 0; i < BytesMax && i < from.Length; i++)
        {
            sum |= (ulong)(from[i] & 0x7f) << (7 * i);
            if (from[i] < 0x80)
            {
                value = (uint)sum;
                from = from[(i + 1)..];
                return sum <= uint.MaxValue;
            }
        }

        value = 0;
        return false;
    }

    /// <summary>Small numbers of either sign as small numbers.</summary>
    public static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    public static int UnZigZag(uint value) => (int)(value >> 1) ^ -(int)(value & 1);
}
