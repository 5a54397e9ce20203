using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The target modules are a glob where a regular expression is expected.</summary>
public sealed class TargetModulesGlob : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL146",
        Name = "target-modules-glob",
        Category = Category.Correctness,
        Summary = "The target modules are a glob where a regular expression is expected.",
        Why = "Python refuses a regular expression that begins with a quantifier (nothing to repeat), once the model has been loaded.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/utils/other.py:1516-1521: re.fullmatch"),
            new("Python's re", "docs.python.org/3/library/re.html"),
        ],
        Formats = ["peft", "axolotl", "trl", "ms-swift", "python", "llmforge", "verl", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: { } pattern }
            || !PythonPattern.RepeatsNothing(pattern.Text))
            return;
        var glob = pattern.Text;
        // A glob of names and stars has one meaning; anything beyond that is not guessed.
        var isPlain = glob.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '*');
        var wanted = isPlain ? context.Edit.Word(glob.Replace(".", @"\.").Replace("*", ".*")) : null;
        context.Report(
            pattern,
            $"\"{glob}\" is no regular expression: there is nothing before its {glob[0]} to repeat, and Python raises on it; "
            + (wanted is null ? "write one for the whole name, such as .*\\.q_proj" : $"write {wanted}"),
            wanted is null || pattern.IsAlias ? null : new Fix(FixSafety.Unsafe, $"Write {wanted}", context.Edit.Replace(pattern, wanted)));
    }
}
