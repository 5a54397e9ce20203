using LoraLint.Rules.Text;

namespace LoraLint.Rules.Configs;

/// <summary>Gives a config another rank, with the alpha that keeps what the adapter's output is multiplied by.</summary>
public static class ScaledRank
{
    /// <summary>
    /// The alpha that keeps alpha/r, or alpha/sqrt(r) with rsLoRA; whole where it was whole, as frameworks want it. Null where the scaling
    /// does not depend on the rank, follows by itself or is not known.
    /// </summary>
    public static double? AlphaFor(TrainingConfig config, double rank)
    {
        if (config.Alpha.Origin is not (SettingOrigin.Written or SettingOrigin.Default) || config.Alpha.Key.Length == 0
            || !config.Alpha.TryGet(out var alpha) || !config.Rank.TryGet(out var before) || before <= 0
            || (config.UseRslora.IsWritten && !config.UseRslora.IsKnown))
            return null;
        var exact = config.UseRslora.Or(false) ? alpha * Math.Sqrt(rank / before) : alpha * rank / before;
        return alpha == Math.Floor(alpha) ? Math.Max(1, Math.Round(exact)) : exact;
    }

    /// <summary>
    /// Whether a setting's value is written elsewhere: an anchor's, a merged mapping's, a name's in code. Others may mean it too.
    /// </summary>
    public static bool IsElsewhere(ISetting setting) => setting.Entry is { } entry && (entry.IsMerged || entry.Value.IsAlias);

    /// <summary>
    /// The edits that write the rank where one is written, and the alpha with it; none where the rank is not written here, or the alpha
    /// cannot be.
    /// </summary>
    public static IReadOnlyList<TextEdit> EditsOf(ConfigEditor editor, TrainingConfig config, double rank)
    {
        if (config.Rank is not { IsWritten: true, IsKnown: true, Entry: { Value.IsScalar: true } entry } || IsElsewhere(config.Rank))
            return [];
        List<TextEdit> edits = [editor.Replace(entry, ConfigEditor.Number(rank))];
        if (AlphaFor(config, rank) is not { } alpha || (config.Alpha.IsWritten && alpha == config.Alpha.Or(0)))
            return edits;
        if (IsElsewhere(config.Alpha) || (!config.Alpha.IsWritten && !ConfigEditor.AreSiblings(config.Rank.Key, config.Alpha.Key)))
            return [];
        edits.Add(editor.Set(config.Alpha, ConfigEditor.Number(alpha), entry));
        return edits;
    }
}
