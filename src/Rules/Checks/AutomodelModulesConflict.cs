using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Two ways at once to say which modules get adapters, of which NeMo Automodel takes one.</summary>
public sealed class AutomodelModulesConflict : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL971",
        Name = "automodel-modules-conflict",
        Category = Category.Correctness,
        Summary = "More than one of match_all_linear, target_modules and exclude_modules is set.",
        Why = "NeMo Automodel's matcher takes one way to choose modules and stops at a second one.",
        Sources = [new("NVIDIA-NeMo/Automodel@36044ad3 (2026-08-22)", "nemo_automodel/components/_peft/module_matcher.py:110-117")],
        Formats = ["nemo-automodel"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var names = Filled(read, "peft.target_modules");
        var excluded = Filled(read, "peft.exclude_modules");
        var all = read.Bool("peft.match_all_linear", false);
        if (names && excluded)
        {
            context.Report(
                read.Find("peft.exclude_modules")!,
                "exclude_modules stands beside target_modules, and NeMo Automodel stops: it takes the modules that are named, or all "
                + "linear layers but the excluded ones; keep one of the two",
                new Fix(FixSafety.Unsafe, "Remove exclude_modules", context.Edit.Remove(read.Find("peft.exclude_modules")!)));
        }
        else if (all.Or(false) && (names || excluded))
        {
            var other = names ? "target_modules" : "exclude_modules";
            context.Report(
                all,
                $"match_all_linear is on beside {other}, and NeMo Automodel stops: it takes one way to choose modules; keep {other}, which "
                + "is the narrower choice, or match_all_linear",
                new Fix(FixSafety.Unsafe, "Remove match_all_linear", context.Edit.Remove(all.Entry!)));
        }
    }

    private static bool Filled(SettingReader read, string key) =>
        read.Texts(key, Adapters.None).TryGet(out var names) && names.Count > 0;
}
