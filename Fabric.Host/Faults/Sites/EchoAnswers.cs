using Fabric.Protocol;

namespace Fabric.Host.Faults.Sites;

/// <summary>Which questions were answered, and which of them more than once. Questions are numbered from 0.</summary>
internal sealed class EchoAnswers
{
    // At a number's place, the last such number that was answered, and one more.
    private readonly long[] _answered = new long[Limits.Faults.QuestionsKept];
    private readonly HashSet<long> _twice = [];

    /// <summary>Questions that were answered.</summary>
    public long Heard { get; private set; }

    /// <summary>Those that were answered again, by now.</summary>
    public IReadOnlyList<long> Twice => [.. _twice];

    /// <summary>An answer came.</summary>
    public void Note(long number)
    {
        if (number < 0)
            return;
        ref var last = ref _answered[number % _answered.Length];
        if (last == number + 1)
        {
            if (_twice.Count < Limits.Faults.TwiceMax)
                _twice.Add(number);
        }
        else
        {
            last = number + 1;
            Heard++;
        }
    }
}
