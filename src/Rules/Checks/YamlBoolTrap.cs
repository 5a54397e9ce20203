using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A bare <c>no</c> where a word is wanted: YAML 1.1 reads it as false.</summary>
public sealed class YamlBoolTrap : Rule
{
    private static readonly string[] s_keys = ["eval_strategy", "evaluation_strategy", "save_strategy", "logging_strategy"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL016",
        Name = "yaml-bool-trap",
        Category = Category.Correctness,
        Summary = "A strategy is written as a boolean where a word is wanted.",
        Why = "YAML 1.1 reads a bare no or off as false, and false is none of the strategies, so the framework stops.",
        Sources =
        [
            new("PyYAML 6.0.3", "run: a bare no is false"),
            new("huggingface/transformers@00349ae8", "src/transformers/training_args.py, __post_init__: "
                + "IntervalStrategy(self.eval_strategy)"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "pydantic, run: a boolean is refused where a string is declared"),
        ],
        Formats = ["axolotl", "trl", "llama-factory", "ms-swift"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // A command line's words are texts until the framework reads them: no is no there.
        if (context.Read.Dialect == ScalarDialect.CommandLine)
            return;
        foreach (var key in s_keys)
        {
            if (context.Read.Find(key) is not { Value.IsScalar: true } entry
                || context.Read.Dialect.Read(entry.Value) is not { Kind: ConfigValueKind.Bool } value)
                continue;
            var quoted = context.Edit.Word("no");
            context.Report(
                entry,
                $"{key}: {entry.Value.Text} is read as {(value.IsTrue ? "true" : "false")}, which {context.Format.Title} does not take; "
                + $"write "
                + (value.IsTrue ? "steps or epoch" : $"{quoted} with quotes"),
                value.IsTrue ? null : new Fix(FixSafety.Safe, $"Write {quoted}", context.Edit.Replace(entry, quoted)));
        }
    }
}
