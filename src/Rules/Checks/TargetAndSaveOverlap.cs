using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A module is to get an adapter and to be trained in full.</summary>
public sealed class TargetAndSaveOverlap : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL137",
        Name = "target-and-save-overlap",
        Category = Category.Suspicious,
        Summary = "A module is both a target and trained in full.",
        Why = "PEFT tests the modules to save first and then gives them no adapter, without a word, so one of the two wishes is dropped.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2315-2320; run: lm_head in both gets no adapter")],
        Formats = ["peft", "axolotl", "trl", "llama-factory", "ms-swift", "python", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.TargetModules.IsWritten || !config.TargetModules.TryGet(out var modules) || !config.ModulesToSave.TryGet(out var saved))
            return;
        foreach (var name in modules.Names.Distinct())
        {
            if (PeftMatching.IsSaved(saved, name) != true)
                continue;
            var list = config.TargetModules.Entry!.Value;
            var item = list.IsSequence ? list.Items.FirstOrDefault(i => i.Text == name) : null;
            context.Report(
                item?.Span ?? list.Span,
                $"{name} is in {config.TargetModules.Key} and in {config.ModulesToSave.Key}: it is trained in full and gets no adapter; "
                + "keep it in one of the two",
                item is not null && list is { IsAlias: false, Items.Count: > 1 }
                    ? new Fix(FixSafety.Unsafe, $"Remove {name} from {config.TargetModules.Key}", context.Edit.RemoveItem(list, item))
                    : null,
                related: context.Beside(config.ModulesToSave));
        }
    }
}
