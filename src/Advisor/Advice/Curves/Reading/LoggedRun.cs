namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>What one file, or several of one kind, logged of a run.</summary>
/// <param name="source">The file as people know it.</param>
internal sealed class LoggedRun(string source)
{
    // Far above any run; a file with more is no log of a training.
    private const int MostPoints = 4_000_000;

    private readonly SortedDictionary<int, double>[] _curves =
        [.. Enum.GetValues<CurveKind>().Select(_ => new SortedDictionary<int, double>())];

    private int _count;

    /// <summary>The file as people know it.</summary>
    public string Source => source;

    /// <summary>The steps that were planned, or null when the file does not say.</summary>
    public int? PlannedSteps { get; set; }

    /// <summary>What could not be read.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Whether it has a loss at any step.</summary>
    public bool HasLoss => _curves[(int)CurveKind.TrainLoss].Count + _curves[(int)CurveKind.ValidationLoss].Count > 0;

    /// <summary>Whether as many values were read as are ever read.</summary>
    public bool IsFull => _count >= MostPoints;

    /// <summary>
    /// Takes a value. What was logged last counts: a run that was resumed did the steps behind its checkpoint again. Steps that are no
    /// step numbers are passed over.
    /// </summary>
    public void Add(CurveKind kind, double step, double value)
    {
        if (step is not (>= 0 and <= int.MaxValue) || IsFull)
            return;
        _count++;
        _curves[(int)kind][(int)step] = value;
    }

    /// <summary>The last step of a curve, -1 when it is empty.</summary>
    public int LastStepOf(CurveKind kind) => _curves[(int)kind].Count == 0 ? -1 : _curves[(int)kind].Keys.Last();

    /// <summary>A curve in the order of steps.</summary>
    public IReadOnlyList<CurvePoint> Of(CurveKind kind) => [.. _curves[(int)kind].Select(p => new CurvePoint(p.Key, p.Value))];
}
