namespace Fabric.Host.Hocon;

/// <summary>
/// The only exception that reading HOCON throws. <see cref="Problem"/> says what is wrong and what to do;
/// <see cref="Exception.Message"/> adds the place and the key.
/// </summary>
public sealed class HoconException : Exception
{
    public HoconException(HoconOrigin origin, string problem, string? keyPath = null, Exception? inner = null)
        : base(Compose(origin, problem, keyPath), inner)
    {
        Origin = origin;
        Problem = problem;
        KeyPath = keyPath;
    }

    public HoconOrigin Origin { get; }

    public string Problem { get; }

    public string? KeyPath { get; }

    private static string Compose(HoconOrigin origin, string problem, string? keyPath) => keyPath is null
        ? $"{origin.File}:{origin.Line}:{origin.Column}: {problem}"
        : $"{origin.File}:{origin.Line}:{origin.Column}: {keyPath}: {problem}";
}
