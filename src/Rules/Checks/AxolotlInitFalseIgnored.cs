using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Axolotl passes <c>peft_init_lora_weights</c> on only when it is true or a name.</summary>
public sealed class AxolotlInitFalseIgnored : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL914",
        Name = "axolotl-init-false-ignored",
        Category = Category.Suspicious,
        Tag = FindingTag.Unnecessary,
        Summary = "A false peft_init_lora_weights is not passed on by axolotl.",
        Why = "The value is dropped by a truth test, so PEFT starts from its default, in which the adapter begins as a no-op.",
        Sources = [new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/loaders/adapter.py:146-147")],
        Formats = ["axolotl"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Read.Find("peft_init_lora_weights") is not { } entry
            || context.Read.Dialect.Read(entry.Value) is not { Kind: ConfigValueKind.Bool, IsTrue: false })
            return;
        context.Report(
            entry,
            "peft_init_lora_weights: false never reaches PEFT, because axolotl passes only true values on; training starts from the "
            + "default initialization (B at zero), which is also the recommended one, so remove the line",
            new Fix(FixSafety.Safe, "Remove peft_init_lora_weights", context.Edit.Remove(entry)));
    }
}
