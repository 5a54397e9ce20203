using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The word all-linear stands in a list, where it is a name like any other.</summary>
public sealed class AllLinearInsideList : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL133",
        Name = "all-linear-inside-list",
        Category = Category.Correctness,
        Summary = "The word all-linear stands where the framework takes it for a module's name.",
        Why = "PEFT expands the word only when it is the whole value, as a string; in a list it is a name that no module has.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2390-2395; run: [\"all-linear\"] matches no module"),
            new(Upstream.LlamaFactory, "src/llamafactory/model/adapter.py:214: the word is all"),
            new("Fine in a list of one: " + Upstream.Trl, "trl/trainer/model_config.py:177-178"),
            new("Fine in a list: " + Upstream.MsSwift, "swift/pipelines/train/tuner.py:97-110"),
        ],
        Formats =
        [
            "peft", "axolotl", "trl", "llama-factory", "python", "oumi", "ludwig", "llmforge", "autotrain", "verl", "csharp",
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { ExpandsAllInList: false } value)
            return;
        foreach (var word in value.Names.Where(n => PeftTargetValue.IsAllLinear(n.Text)).Take(1))
        {
            if (context.Format is CSharpFormat)
            {
                CheckCode(context, value, word);
                continue;
            }

            var isLlamaFactory = context.Format.Name == "llama-factory";
            var wanted = context.Edit.Word(isLlamaFactory ? "all" : "all-linear");
            // Names of a block's linear layers are covered by the word; the head and unknown names would be lost.
            var others = value.Names.Where(n => !PeftTargetValue.IsAllLinear(n.Text)).Select(n => n.Text).ToList();
            var areCovered = others.All(n => (ModuleNames.RoleOf(n) & ModuleRoles.AllLinear) != 0);
            var losesComment = value.List is { } list && context.Edit.HoldsComment(list.Span);
            var keepsLayers = context.Read.Has("layers_to_transform") || context.Read.Has("peft_layers_to_transform");
            var isListOnly = context.Format.Name is "oumi" or "ludwig";
            var canFix = areCovered && !isListOnly && !losesComment && !keepsLayers && !value.Entry.Value.IsAlias;
            var effect = others.Count == 0 ? "so nothing is adapted" : "so it adapts nothing beside the other names";
            context.Report(
                word.Node,
                isLlamaFactory
                    ? $"\"{word.Text}\" is taken for a module's name, {effect}; LLaMA-Factory's word for all linear layers is all"
                    : isListOnly ? $"\"{word.Text}\" is taken for a module's name here, {effect}; "
                        + (context.Format.Name == "oumi" ? "alone in the list it means all linear layers" : "name the linear layers")
                    : $"\"{word.Text}\" in a list is taken for a module's name, {effect}; write it as a string: {value.Entry.Key}: "
                        + $"{wanted}",
                canFix ? new Fix(FixSafety.Safe, $"Set {value.Entry.Key} to {wanted}", context.Edit.Replace(value.Entry, wanted)) : null);
        }
    }

    private static void CheckCode(CheckContext context, PeftTargetValue value, PeftTargetName word) => context.Report(
        word.Node,
        $"\"{word.Text}\" in a list is taken for a module's name; {AllLinearSwitch.Name} is the switch for all linear layers",
        value.Names.Count == 1 ? AllLinearSwitch.Fix(context, value.Entry, FixSafety.Safe) : null);
}
