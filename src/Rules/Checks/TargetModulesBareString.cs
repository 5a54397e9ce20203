using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A single module name reaches PEFT as a string, which it takes for a regular expression over whole names.</summary>
public sealed class TargetModulesBareString : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL130",
        Name = "target-modules-bare-string",
        Category = Category.Correctness,
        Summary = "The target modules are one name written as a string instead of a list.",
        Why = "PEFT takes a string for a regular expression that has to match a module's whole dotted name, so a name alone matches "
            + "nothing.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2326-2332, src/peft/utils/other.py:1516; run: \"q_proj\" matches no "
                + "module"),
            new(Upstream.Trl, "trl/trainer/model_config.py:177-178"),
            new(Upstream.MsSwift, "swift/arguments/tuner_args.py:202"),
        ],
        Formats = ["peft", "axolotl", "trl", "ms-swift", "python", "llmforge", "verl", "csharp"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: { } pattern, List: null } value)
            return;
        var name = pattern.Text.Trim();
        if (name.Length == 0 || (PeftTargetValue.IsAllLinear(name) && context.Format is not CSharpFormat)
            || PythonPattern.HasSpecialCharacter(name)
            || name.IndexOfAny([',', ' ']) >= 0)
            return;
        var key = value.Entry.Key;
        if (context.Format is CSharpFormat && (PeftTargetValue.IsAllLinear(name) || name.Equals("all", StringComparison.OrdinalIgnoreCase)))
        {
            context.Report(
                value.Entry,
                $"{key} \"{name}\" is taken for a module of that name, which no model has; {AllLinearSwitch.Name} is the switch for all "
                + "linear layers",
                AllLinearSwitch.Fix(context, value.Entry, FixSafety.Safe));
            return;
        }

        if (name.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            context.Report(
                value.Entry,
                $"{key} \"{name}\" is taken for a module of that name, which no model has; the word for all linear layers is all-linear",
                new Fix(FixSafety.Unsafe, $"Set {key} to all-linear", context.Edit.Replace(value.Entry, context.Edit.Word("all-linear"))));
            return;
        }

        // With dots it may be a whole name, which matches itself.
        var first = name.Split('.')[0];
        var isInsideBlocks = ModuleNames.IsInsideBlocks(first);
        if (name.IndexOf('.') >= 0 ? !isInsideBlocks : ModuleNames.RoleOf(name) == ModuleRoles.Head)
            return;
        // TRL unwraps a list of one again; ms-swift's key, and our records', hold a regular expression anyway.
        var wanted = context.Format.Name is "trl" or "ms-swift" or "csharp"
            ? context.Edit.Word(@".*\." + name) : context.Edit.Words(value.Entry, [name]);
        var unless = isInsideBlocks ? "" : $", unless the model has a module named just {name} at its root";
        context.Report(
            value.Entry,
            $"{key} \"{name}\" is a string, which PEFT matches as a regular expression against whole names such as "
            + $"model.layers.0.self_attn.q_proj, so it finds no module{unless}; write {wanted}",
            isInsideBlocks ? new Fix(FixSafety.Safe, $"Write {wanted}", context.Edit.Replace(value.Entry, wanted)) : null,
            weaker: isInsideBlocks ? null : Category.Suspicious);
    }
}
