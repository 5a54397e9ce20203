using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An initialization is configured and another one is used.</summary>
public sealed class InitConfigIgnored : Rule
{
    private static readonly string[] s_methods = ["loftq", "eva", "corda", "lora_ga"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL153",
        Name = "init-config-ignored",
        Category = Category.Suspicious,
        Tag = FindingTag.Unnecessary,
        Summary = "An initialization is configured and another one is used.",
        Why = "The configuration alone does not choose the initialization, so PEFT warns and ignores it.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/config.py:1043-1059"),
            new(Upstream.Axolotl, "src/axolotl/loaders/adapter.py:142-147"),
        ],
        Formats = ["peft", "axolotl", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // A saved adapter keeps how it began.
        if (!context.Config.Init.TryGet(out var init) || context.Read.IsOn("inference_mode"))
            return;
        // In axolotl the section chooses LoftQ by itself, unless another word overrides it.
        var isAxolotl = context.Format.Name == "axolotl";
        if (isAxolotl && !context.Read.Has(InitValue.KeyOf(context)))
            return;
        foreach (var method in isAxolotl ? s_methods.Take(1) : s_methods)
        {
            var section = (isAxolotl ? "peft." : "") + method + "_config";
            if (init == method || !context.Read.Has(section)
                || context.Read.Find(section) is not { Value: { IsMapping: true, Entries.Count: > 0 } } entry)
                continue;
            var key = InitValue.KeyOf(context);
            context.Report(
                entry.KeySpan,
                $"{entry.Key} has no effect because {key} is {init}; set {key} to {method}, or remove the section",
                new Fix(
                    FixSafety.Unsafe,
                    $"Set {key} to {method}",
                    context.Edit.Set(context.Config.Init, context.Edit.Word(method), entry)));
        }
    }
}
