namespace LoraLint.Rules.Runs.Resolving;

/// <summary>What a data file's rows hold, for frameworks that look at the first row instead of being told.</summary>
public static class RowFormat
{
    /// <summary>The format that the keys of the first row show, or null.</summary>
    /// <param name="keys">The keys of the row.</param>
    /// <param name="pair">What a prompt with a completion means to the framework.</param>
    public static DataFormat? Of(IReadOnlyList<string> keys, DataFormat pair)
    {
        if (keys.Contains("prompt") && keys.Contains("completion"))
            return pair;
        if (keys.Contains("messages"))
            return DataFormat.Chat;
        if (keys.Contains("conversations"))
            return DataFormat.ShareGpt;
        if (keys.Contains("instruction") && keys.Contains("output"))
            return DataFormat.Alpaca;
        return keys.Contains("text") ? DataFormat.Text : null;
    }
}
