using Fabric.Protocol;

namespace Fabric.Testing.Scenarios;

/// <summary>A message between the coordinator and a host's agent.</summary>
public sealed record Letter(HostId Host, Order? Order, Report? Report)
{
    public bool IsOrder => Order is not null;

    public override string ToString() => Order is { } order
        ? $"order    {Host} <- {Shown.Of(order)}"
        : $"report   {Host} -> {Shown.Of(Report!)}";
}

/// <summary>
/// Messages on the way, delivered only when told. Those of one host and direction keep their order unless one is taken
/// out of it on purpose, as an old coordinator's late order would be.
/// </summary>
public sealed class Mail
{
    private const int InFlightMax = 10_000;
    private readonly List<Letter> _inFlight = [];
    private readonly List<Letter> _held = [];
    private readonly HashSet<HostId> _cut = [];

    public IReadOnlyList<Letter> InFlight => _inFlight;

    public IReadOnlyList<Letter> Held => _held;

    public bool IsCut(HostId host) => _cut.Contains(host);

    public void Post(Letter letter)
    {
        if (_inFlight.Count == InFlightMax)
            throw new InvalidOperationException("messages breed");
        _inFlight.Add(letter);
    }

    public void Cut(HostId host)
    {
        _cut.Add(host);
        _inFlight.RemoveAll(l => l.Host == host);
    }

    public void Heal(HostId host) => _cut.Remove(host);

    public void LoseAll() => _inFlight.Clear();

    public void Lose(HostId host) => _inFlight.RemoveAll(l => l.Host == host);

    public Letter Take(string[] words) => TakeFrom(_inFlight, words, "on the way");

    public Letter TakeHeld(string[] words) => TakeFrom(_held, words, "held");

    public void Hold(Letter letter) => _held.Add(letter);

    public Letter Find(string[] words) => FindIn(_inFlight, words, "on the way");

    private static Letter TakeFrom(List<Letter> letters, string[] words, string where)
    {
        var letter = FindIn(letters, words, where);
        letters.Remove(letter);
        return letter;
    }

    private static Letter FindIn(List<Letter> letters, string[] words, string where) =>
        letters.Find(l => words.All(w => Matches(l, w)))
        ?? throw new ScenarioException($"no message with '{string.Join(' ', words)}' is {where}");

    private static bool Matches(Letter letter, string word) =>
        letter.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains(word, StringComparer.Ordinal);
}
