using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Unsloth goes through a string of module names letter by letter.</summary>
public sealed class UnslothTargetModulesString : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL960",
        Name = "unsloth-target-modules-string",
        Category = Category.Correctness,
        Summary = "The target modules of Unsloth's get_peft_model are names in a string instead of a list.",
        Why = "Unsloth takes each letter of a string for a module, and where it hands the string on, PEFT takes it for a regular "
            + "expression over whole names: no module is found.",
        Sources = [new(Upstream.Unsloth, "unsloth/models/llama.py:3318 (for module in target_modules); models/vision.py:1940-1960")],
        Formats = ["unsloth"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Read.Find("target_modules") is not { Value.IsScalar: true } entry || !context.Read.TryText(entry.Value, out var text))
            return;
        string[] names = [.. text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)];
        // Words and expressions over whole names mean something in Unsloth's other models.
        if (names.Length == 0 || PeftTargetValue.IsAllLinear(text)
            || names.Any(n => PythonPattern.HasSpecialCharacter(n) || n.Contains('.')))
            return;
        var wanted = context.Edit.Words(names);
        var areKnown = names.All(ModuleNames.IsInsideBlocks);
        context.Report(
            entry,
            $"target_modules \"{text}\" is a string, which Unsloth goes through letter by letter, so no module is found; write {wanted}",
            areKnown ? new Fix(FixSafety.Safe, $"Write {wanted}", context.Edit.Replace(entry, wanted)) : null);
    }
}
