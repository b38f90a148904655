namespace Fabric.Protocol.Tests.Disks;

/// <summary>
/// A disk of a few blocks, its guest, its copy and its target, in which what happens next is chosen from outside: a guest's
/// write in its steps, a piece of a round in its own, a job that breaks, an agent that dies. The deciding parts
/// (<see cref="DiskRounds"/>, <see cref="DiskRanges"/>) are the real ones.
/// </summary>
internal sealed class CopyModel(bool withRanges = true)
{
    private const int Blocks = 5;
    private const int PiecesMax = 3;
    private const int WritesMax = 4;

    private readonly int[] _source = new int[Blocks];
    private readonly int[] _target = new int[Blocks];
    private readonly List<Op> _ops = [];
    private HashSet<int> _written = [];
    private HashSet<int> _round = [.. Enumerable.Range(0, Blocks)];
    private Queue<int> _left = new(Enumerable.Range(0, Blocks));
    private DiskRanges _ranges = new();
    private DiskRounds _rounds = new(0, MaySynchronous: true);
    private bool _isPaused;
    private bool _hasMirror;
    private int _lastValue;

    /// <summary>The machine passes writes on.</summary>
    public bool IsMirrored { get; private set; }

    /// <summary>The copy says that the target has it all.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>It went synchronous, and got as far as having nothing left.</summary>
    public bool WasSynchronous { get; private set; }

    /// <summary>
    /// At some time there was nothing left, nothing on its way into a block, and that was not the same on both sides.
    /// </summary>
    public bool HasLost { get; private set; }

    public bool AreEqual => _source.AsSpan().SequenceEqual(_target);

    /// <summary>One step, of those that are possible; what breaks is rarer than what goes on.</summary>
    /// <param name="choice">0 to 999.</param>
    public void Step(int choice)
    {
        var possible = Possible(mayWrite: true).ToList();
        if (choice < 3)
            Die();
        else if (choice < 10)
            IsMirrored = false;
        else if (possible.Count > 0)
            possible[choice % possible.Count]();
    }

    /// <summary>The guest is paused, nothing breaks any more, and the copy comes to its end.</summary>
    public void Finish()
    {
        while (!IsWhole)
        {
            _isPaused = _ops.All(o => o.IsPiece);
            var possible = Possible(mayWrite: false).ToList();
            possible.ShouldNotBeEmpty("it does not come to an end");
            possible[0]();
        }
    }

    private IEnumerable<Action> Possible(bool mayWrite)
    {
        foreach (var op in _ops.ToList())
        {
            if (op.Claim is null or { IsHeld: true })
                yield return op.IsPiece ? () => GoPiece(op) : () => GoWrite(op);
        }

        if (_left.Count > 0 && _ops.Count(o => o.IsPiece) < PiecesMax)
            yield return () => Read(new Op(isPiece: true, _left.Dequeue(), length: 1, value: 0));
        if (_left.Count == 0 && !_ops.Any(o => o.IsPiece) && !IsWhole)
            yield return RoundIsOver;
        for (var block = 0; mayWrite && block < Blocks && _ops.Count(o => !o.IsPiece) < WritesMax; block++)
        {
            var (from, length) = (block, block % 2 == 0 && block + 1 < Blocks ? 2 : 1);
            // The machine lets no second write in where one is passed on.
            if (!IsMirrored || !_ops.Any(o => !o.IsPiece && o.Overlaps(from, length)))
                yield return () => Write(from, length);
        }
    }

    private void Write(int from, int length)
    {
        var op = new Op(isPiece: false, from, length, ++_lastValue);
        Array.Fill(_source, op.Value, from, length);
        _written.UnionWith(Enumerable.Range(from, length));
        // Done here, and on its way to the agent: a piece may be read before it comes there.
        if (IsMirrored)
            _ops.Add(op);
    }

    private void Read(Op op)
    {
        op.Look = _ranges.Begin(op.From, op.Length);
        _ops.Add(op);
    }

    private void GoPiece(Op op)
    {
        switch (op.At)
        {
            case At.Begun:
                (op.Bytes, op.At) = (_source[op.From], At.Read);
                break;
            case At.Read:
                op.Claim = withRanges ? _ranges.Ask(op.Look!) : null;
                op.At = At.Asked;
                if (withRanges && op.Claim is null)
                {
                    Leave(op);
                    Read(new Op(isPiece: true, op.From, op.Length, value: 0));
                }

                break;
            case At.Asked:
                op.At = At.PassedOn;
                break;
            default:
                Arrive(op);
                break;
        }
    }

    private void GoWrite(Op op)
    {
        switch (op.At)
        {
            case At.Begun or At.Asked when !IsMirrored:
                // The guest was let go before its write was passed on.
                Leave(op);
                break;
            case At.Begun:
                op.Claim = withRanges ? _ranges.Ask(op.From, op.Length) : null;
                op.At = At.Asked;
                break;
            case At.Asked:
                (op.Bytes, op.At) = (op.Value, At.PassedOn);
                break;
            default:
                Arrive(op);
                break;
        }
    }

    private void Arrive(Op op)
    {
        if (op.At == At.Arrived)
            Leave(op);
        else
            Array.Fill(_target, op.Bytes, op.From, op.Length);
        op.At = At.Arrived;
    }

    private void Leave(Op op)
    {
        _ops.Remove(op);
        if (op.Look is not null)
            _ranges.End(op.Look);
        if (op.Claim is not null)
            _ranges.Release(op.Claim);
    }

    private void RoundIsOver()
    {
        if (_hasMirror && IsMirrored)
        {
            WasSynchronous = true;
            HasLost |= Enumerable.Range(0, Blocks).Any(
                b => _source[b] != _target[b] && !_ops.Any(o => o.Overlaps(b, otherLength: 1)));
            IsWhole = _isPaused;
            return;
        }

        if (_hasMirror || _isPaused)
        {
            _hasMirror = false;
            IsWhole = _isPaused && _written.Count == 0;
        }
        else
        {
            (_rounds, var decision) = _rounds.After(
                new DiskRound(_round.Count * Limits.Disks.ReadyBytes, 1_000, _written.Count * Limits.Disks.ReadyBytes));
            if (decision.Step == DiskStep.Ready && _written.Count == 0)
                return;
            if (decision.Step == DiskStep.Synchronous)
                _hasMirror = IsMirrored = true;
        }

        if (!IsWhole)
            Turn(_written);
    }

    private void Turn(HashSet<int> bits)
    {
        if (ReferenceEquals(bits, _written))
            (_round, _written) = (_written, []);
        _left = new Queue<int>(_round.Order());
    }

    // What was on its way has arrived or has not; the bits are the machine's, and stay.
    private void Die()
    {
        foreach (var op in _ops.Where(o => o.At == At.PassedOn && o.From % 2 == 0))
            Array.Fill(_target, op.Bytes, op.From, op.Length);
        _ops.Clear();
        (_ranges, _rounds) = (new DiskRanges(), new DiskRounds(0, MaySynchronous: true));
        _hasMirror = IsMirrored = false;
        Turn(_round);
    }

    private enum At
    {
        Begun,
        Read,
        Asked,
        PassedOn,
        Arrived,
    }

    // By reference: two writes may look the same.
    private sealed class Op(bool isPiece, int from, int length, int value)
    {
        public bool IsPiece => isPiece;

        public int From => from;

        public int Length => length;

        public int Value => value;

        public At At { get; set; }

        public int Bytes { get; set; }

        public DiskRanges.Look? Look { get; set; }

        public DiskRanges.Claim? Claim { get; set; }

        public bool Overlaps(int otherFrom, int otherLength) => from < otherFrom + otherLength && otherFrom < from + length;
    }
}
