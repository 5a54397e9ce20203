using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>
/// Writes a rank into a config, and the alpha that keeps the scaling, and touches nothing else. It is tried on a copy first: what
/// <c>check</c> would find more than before is not written.
/// </summary>
internal sealed class RankEdit(Terminal terminal, string path, string? settings)
{
    private readonly string _fullPath = terminal.FullPath(path);

    /// <summary>Writes it and says what changed, in a line.</summary>
    /// <exception cref="UserMistakeException">The file cannot be changed so, or would be worse than before.</exception>
    public string Apply(long rank)
    {
        var read = FileReader.Read(_fullPath);
        if (!read.IsRead || read.Decoded.Problem is not null)
            throw new UserMistakeException($"cannot read {path}: {read.Failure ?? read.Decoded!.Problem!.Message}");
        var language = ConfigReader.LanguageOf(path)!.Value;
        var document = ConfigReader.Read(read.Decoded, path, language);
        var folder = Path.GetDirectoryName(_fullPath)!;
        var options = new SettingsCache(terminal, settings).For(folder).OptionsFor(_fullPath, new SettingsBlock());
        var config = Linter.Recognise(document, options).First(c => c.Config.TrainsLora);
        var edits = EditsOf(document, config, rank, out var told);
        if (edits.Count == 0)
            return $"{path} has rank {Number(rank)} already";
        var text = TextEdit.Apply(document.Source.Text, edits);
        var changed = ConfigReader.Read(read.Decoded with { Text = text }, path, language);
        Verify(document, changed, options, rank);
        try
        {
            TextFile.Write(_fullPath, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {path}: {FileReader.ReasonOf(exception)}");
        }

        return $"{path}: {told}";
    }

    private List<TextEdit> EditsOf(ConfigDocument document, RecognisedConfig recognised, long rank, out string told)
    {
        var config = recognised.Config;
        var editor = new ConfigEditor(document, recognised.Format.DialectFor(document.Language));
        told = "";
        if (config.Rank.TryGet(out var before) && before == rank && config.Rank.IsWritten)
            return [];
        if (config.Rank.Key.Length == 0)
            throw new UserMistakeException($"{path}: {recognised.Format.Title} has no setting for the rank");
        if (config.Rank.IsWritten && (ScaledRank.IsElsewhere(config.Rank) || !config.Rank.IsKnown))
            throw new UserMistakeException($"{path}: {config.Rank.Key} is taken from elsewhere; write {Number(rank)} there");
        List<TextEdit> edits = [editor.Set(config.Rank, Number(rank), BehindOf(recognised))];
        told = $"{config.Rank.Key} {(config.Rank.IsKnown ? Number(before) : "not set")} -> {Number(rank)}";
        if (AlphaFor(config, rank, out var scaling) is { } alpha)
        {
            edits.Add(editor.Set(config.Alpha, Number(alpha), config.Rank.IsWritten ? config.Rank.Entry! : BehindOf(recognised)));
            told += $", {config.Alpha.Key} {Number(config.Alpha.Or(0))} -> {Number(alpha)} (scaling {scaling})";
        }

        return edits;
    }

    private double? AlphaFor(TrainingConfig config, long rank, out string scaling)
    {
        scaling = "";
        if (ScaledRank.AlphaFor(config, rank) is not { } kept)
            return null;
        if (config.Alpha.IsWritten && ScaledRank.IsElsewhere(config.Alpha))
            throw new UserMistakeException($"{path}: {config.Alpha.Key} is taken from elsewhere, so the scaling cannot be kept");
        var root = config.UseRslora.Or(false);
        var (alpha, before) = (config.Alpha.Or(0), config.Rank.Or(1));
        var (old, changed) = (alpha / (root ? Math.Sqrt(before) : before), kept / (root ? Math.Sqrt(rank) : rank));
        scaling = Math.Abs(changed - old) < 1e-9 ? Number(Math.Round(old, 4)) + " kept"
            : $"{Number(Math.Round(old, 4))} -> {Number(Math.Round(changed, 4))}, as alpha is whole";
        return kept == alpha && config.Alpha.IsWritten ? null : kept;
    }

    // An entry of the mapping that the rank belongs in.
    private ConfigEntry BehindOf(RecognisedConfig recognised)
    {
        var config = recognised.Config;
        if (config.Rank.Entry is { } own)
            return own;
        var dot = config.Rank.Key.LastIndexOf('.');
        var owner = dot < 0 ? recognised.Root : recognised.Root.FindPath(config.Rank.Key[..dot])?.Value;
        if (config.Alpha is { IsWritten: true, Entry: { IsMerged: false } alpha } && owner?.Entries.Contains(alpha) == true)
            return alpha;
        return owner?.Entries.LastOrDefault(e => e.Value.IsScalar && !e.IsMerged) ?? throw new UserMistakeException(
            $"{path}: there is no place for {config.Rank.Key} yet; write it, then --apply changes it");
    }

    private void Verify(ConfigDocument before, ConfigDocument after, LintOptions options, long rank)
    {
        var files = new CompanionFiles(
            Path.GetDirectoryName(_fullPath)!, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        var result = Linter.Check(after, options, files);
        if (!result.Configs.Any(c => c.Config.Rank.TryGet(out var read) && read == rank))
            throw new UserMistakeException($"{path}: the rank cannot be written there; write {Number(rank)} by hand");
        var known = Linter.Check(before, options, files).Findings.Where(IsBad).GroupBy(f => f.Rule.Code)
            .ToDictionary(g => g.Key, g => g.Count());
        var worse = result.Findings.Where(IsBad).GroupBy(f => f.Rule.Code)
            .FirstOrDefault(g => g.Count() > known.GetValueOrDefault(g.Key));
        if (worse is not null)
        {
            throw new UserMistakeException(
                $"{path} is left as it is: with rank {Number(rank)} `loralint check` would find {worse.First().Rule.Name}: "
                + worse.First().Message);
        }
    }

    private static bool IsBad(Finding finding) => finding.Severity is Severity.Error or Severity.Warning;

    private static string Number(double value) => ConfigEditor.Number(value);
}
