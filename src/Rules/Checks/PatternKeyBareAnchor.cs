using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key of a rank or alpha pattern is anchored at the start of the whole name.</summary>
public sealed class PatternKeyBareAnchor : Rule
{
    private const string PartsOfNames = "_-|()$";

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL157",
        Name = "pattern-key-bare-anchor",
        Category = Category.Suspicious,
        Summary = "A key of rank_pattern or alpha_pattern begins with ^ before a bare module name.",
        Why = "PEFT matches the key against the whole dotted name, so ^q_proj fits only a module at the model's root and the entry is "
            + "silently unused.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/utils/other.py:1524-1532; run: ^q_proj matches nothing, ^model.layers.0.self_attn.q_proj does"),
            new("huggingface/peft#3582"),
        ],
        Formats = ["peft", "axolotl", "python", "csharp"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        foreach (var name in (string[])["rank_pattern", "alpha_pattern"])
        {
            if (context.Read.Find(PatternKeys.KeyOf(context, name)) is not { Value.IsMapping: true } pattern)
                continue;
            foreach (var entry in pattern.Value.Entries.Where(e => e.Key.StartsWith("^", StringComparison.Ordinal)))
            {
                var bare = entry.Key.Substring(1);
                var names = bare.Trim('(', ')', '$').Split('|');
                if (!bare.All(c => char.IsLetterOrDigit(c) || PartsOfNames.IndexOf(c) >= 0) || !names.All(ModuleNames.IsInsideBlocks))
                    continue;
                context.Report(
                    entry.KeySpan,
                    $"{entry.Key} matches no module: ^ is the start of the whole name, such as model.layers.0.self_attn.{names[0]}; write "
                    + $"{bare}",
                    new Fix(FixSafety.Safe, $"Write {bare}", context.Edit.Rename(entry, bare)));
            }
        }
    }
}
