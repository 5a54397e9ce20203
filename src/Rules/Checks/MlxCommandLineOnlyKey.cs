using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Two settings that mlx-lm takes from the command line only: their flags have defaults, which win over the file.</summary>
public sealed class MlxCommandLineOnlyKey : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL945",
        Name = "mlx-command-line-only-key",
        Category = Category.Correctness,
        Tag = FindingTag.Unnecessary,
        Summary = "A key is written that mlx-lm reads from its command line only.",
        Why = "A value from the file counts where the flag has none, and these two flags always have one, so the file's value is dropped.",
        Sources = [new("ml-explore/mlx-lm@d78bf58e (2026-08-22)", "mlx_lm/lora.py, build_parser (defaults of the flags) and main (what "
            + "wins)")],
        Formats = ["mlx-lm"],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // The JSON beside an adapter is a record of a run, not its input.
        if (context.Document.Language != ConfigLanguage.Yaml)
            return;
        if (context.Read.Bool("trust_remote_code") is { Entry: { } trust } flag && flag.Or(false))
            Report(context, trust, "--trust-remote-code");
        if (context.Read.Find("clear_cache_threshold") is { } threshold && !context.Read.IsNull(threshold.Value)
            && threshold.Value.Text != "0")
            Report(context, threshold, "--clear-cache-threshold " + threshold.Value.Text);
    }

    private static void Report(CheckContext context, ConfigEntry entry, string flag) =>
        context.Report(
            entry,
            $"mlx-lm drops {entry.Key} from the file, since the flag's own default wins; start it with `{flag}` instead");
}
