using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>Our records have a switch for all linear layers, where PEFT has a word.</summary>
internal static class AllLinearSwitch
{
    /// <summary>The switch's name.</summary>
    public const string Name = RunMembers.TargetsAllLinear;

    /// <summary>
    /// Writes the switch in place of a member for target modules; null when that is written elsewhere, or the switch is there too.
    /// </summary>
    public static Fix? Fix(CheckContext context, ConfigEntry targets, FixSafety safety)
    {
        if (targets.Value.IsAlias || context.Format is not CSharpFormat { IsOwn: true } code
            || context.Read.Has(code.Find(Name)?.Key ?? ""))
            return null;
        IReadOnlyList<TextEdit> edits =
            [context.Edit.Rename(targets, Name), context.Edit.Replace(targets.Value, ConfigEditor.Bool(true))];
        return new Fix(safety, $"Set {Name} to true", edits);
    }
}
