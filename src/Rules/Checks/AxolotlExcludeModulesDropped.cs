using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Axolotl's loader would read <c>lora_exclude_modules</c>, but its schema drops the key first.</summary>
public sealed class AxolotlExcludeModulesDropped : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL913",
        Name = "axolotl-exclude-modules-dropped",
        Category = Category.Correctness,
        Tag = FindingTag.Unnecessary,
        Summary = "Modules are excluded with lora_exclude_modules, a key that axolotl drops before it is read.",
        Why = "The config schema does not declare the key and discards what it does not declare, so modules meant to be left out are "
            + "trained.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/loaders/adapter.py:197 (read here)"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/peft.py:28-175, config.py:212 (not declared)"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/config/__init__.py:452-515 (only declared keys go "
                + "on)"),
        ],
        Formats = ["axolotl"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // A plugin may declare further keys.
        if (context.Read.Find("lora_exclude_modules") is not { } entry || context.Read.IsNull(entry.Value) || context.Read.Has("plugins")
            || (entry.Value.IsSequence && entry.Value.Items.Count == 0))
            return;
        context.Report(
            entry,
            "lora_exclude_modules has no effect: axolotl's schema drops it before the loader looks for it, so these modules are "
            + "adapted all the same; list the wanted modules in lora_target_modules, or write a pattern there that leaves these out");
    }
}
