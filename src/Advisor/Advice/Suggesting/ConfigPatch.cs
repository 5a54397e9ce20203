using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What a plan changes in a config that is there.</summary>
/// <param name="Text">The config with the changes.</param>
/// <param name="Changed">The keys that were changed or added, with their values.</param>
/// <param name="Kept">The keys whose change would have brought an error or a warning, and was not made.</param>
internal sealed record PatchOutcome(string Text, IReadOnlyList<(string Key, string Value)> Changed, IReadOnlyList<string> Kept);

/// <summary>
/// Writes a plan's numbers into a config that is there. Layout and comments stay; what the config does not say and the framework's default
/// says as well is not written. Model, data, method and target modules stay as they are: who wrote them meant them.
/// </summary>
internal static class ConfigPatch
{
    /// <summary>Makes the changes one by one, and leaves out what the rules object to.</summary>
    /// <param name="document">The config's file.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="check">Reads and lints another text of the same file.</param>
    public static PatchOutcome Of(
        ConfigDocument document, LintOptions options, Plan plan, Func<string, (ConfigDocument Document, LintResult Result)> check)
    {
        var (text, worst) = (document.Source.Text, Objections(check(document.Source.Text).Result));
        var changed = new List<(string Key, string Value)>();
        var kept = new List<string>();
        foreach (var (of, value) in Wanted(plan))
        {
            // Each change moves what is behind it, so the config is read anew.
            var now = check(text).Document;
            if (Linter.Recognise(now, options).FirstOrDefault(c => c.Config.TrainsLora) is not { } config)
                break;
            var setting = of(config.Config);
            if (setting.IsKnown && setting.BoxedValue is double known && Number(known) == value)
                continue;
            if (SettingEdit.Of(now, config, setting, value) is not { } edit)
                continue;
            var next = TextEdit.Apply(text, [edit]);
            var objections = Objections(check(next).Result);
            if (objections.Except(worst).Any())
            {
                kept.Add(setting.Key);
                continue;
            }

            (text, worst) = (next, objections);
            changed.Add((setting.Key, value));
        }

        return new PatchOutcome(text, changed, kept);
    }

    private static List<string> Objections(LintResult result) =>
        [.. result.Findings.Where(f => f.Severity >= Severity.Warning).Select(f => f.Rule.Code)];

    private static IEnumerable<(Func<TrainingConfig, ISetting> Of, string Value)> Wanted(Plan plan)
    {
        yield return (c => c.Rank, Number(plan.Rank.Value));
        yield return (c => c.Alpha, Number(plan.Alpha.Value));
        yield return (c => c.Dropout, Number(plan.Dropout.Value));
        yield return (c => c.LearningRate, Number(plan.LearningRate.Value));
        yield return (c => c.Epochs, Number(plan.Epochs.Value));
        yield return (c => c.MicroBatchSize, Number(plan.MicroBatchSize.Value));
        yield return (c => c.GradientAccumulationSteps, Number(plan.GradientAccumulationSteps));
        yield return (c => c.WeightDecay, Number(plan.WeightDecay.Value));
        yield return (c => c.MaxGradNorm, Number(plan.MaxGradNorm.Value));
    }

    private static string Number(double value) => ConfigEditor.Number(value);
}
