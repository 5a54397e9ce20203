using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The target parameters are a string.</summary>
public sealed class TargetParametersNotList : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL160",
        Name = "target-parameters-not-list",
        Category = Category.Correctness,
        Summary = "The target parameters are a string instead of a list.",
        Why = "PEFT takes a list of names here and raises a TypeError on a string, patterns and all.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/config.py:1016-1017"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py:57: its schema lets a string pass"),
            new(Upstream.Trl, "trl/scripts/utils.py:359-382: a string in YAML stays one"),
        ],
        Formats = ["peft", "axolotl", "trl", "python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (TargetParameters.Find(context) is not { Value.IsScalar: true } entry)
            return;
        var names = entry.Value.Text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
        var wanted = context.Edit.Words(names);
        var isNames = names.Length > 0 && !names.Any(PythonPattern.HasSpecialCharacter);
        context.Report(
            entry,
            $"{entry.Key} is the string \"{entry.Value.Text}\", which PEFT refuses; write a list of names{(isNames ? ": " + wanted : "")}",
            isNames ? new Fix(FixSafety.Safe, $"Write {wanted}", context.Edit.Replace(entry, wanted)) : null);
    }
}
