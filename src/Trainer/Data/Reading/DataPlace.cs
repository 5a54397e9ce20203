namespace LoraLint.Trainer.Data.Reading;

/// <summary>A place in a data file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">From 1.</param>
/// <param name="Row">The row from 1 when lines are no rows, as in a JSON list that may well be one long line; else 0.</param>
internal readonly record struct DataPlace(string Path, long Line, long Row = 0)
{
    /// <summary>The error that something there is wrong.</summary>
    public TrainerException Error(string what, Exception? inner = null) => new($"{this}: {what}", inner);

    /// <summary>The place as editors and terminals understand it.</summary>
    public override string ToString() =>
        Row > 0 ? FormattableString.Invariant($"{Path}:{Line} (row {Row})") : FormattableString.Invariant($"{Path}:{Line}");
}
