using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The modules to exclude match nothing, or leave nothing.</summary>
public sealed class ExcludeModulesNoMatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL182",
        Name = "exclude-modules-no-match",
        Category = Category.Correctness,
        Summary = "The excluded modules match nothing in the base model, or all that is targeted.",
        Why = "An exclusion that matches nothing leaves adapters where none are wanted; one that takes everything stops PEFT.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:1025-1068")],
        Formats = ["peft", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view.Model is not { } model || view.Request is not { } request || view.Adapters.Count == 0
            || EntryOf(context) is not { } entry
            || (request.Targets.ExcludePattern is not null && !KnownModel.KnowsWholeNames(context)))
            return;
        var without = request with { Targets = request.Targets with { ExcludeNames = [], ExcludePattern = null } };
        if (view.Adapters.All(a => a.Modules.Count == 0)
            && model.Shapes.All(s => AdapterShape.Find(s, without) is { Modules.Count: > 0 }))
        {
            context.Report(entry, $"this excludes all that the targets match in {KnownModel.Describe(model)}, so PEFT stops",
                AskedFix.Remove(context, entry));
            return;
        }

        if (model.Shapes.All(s => s.Modules.Select(m => m.Name).Concat(s.Containers).All(n => IsExcluded(request.Targets, n) == false)))
        {
            context.Report(
                entry,
                $"this matches no module of {KnownModel.Describe(model)}, so nothing is left out; PEFT warns and goes on",
                AskedFix.Remove(context, entry),
                weaker: Category.Suspicious);
        }
    }

    private static ConfigEntry? EntryOf(CheckContext context)
    {
        var keys = context.Format is CSharpFormat code ? new[] { code.KeyOf("exclude_modules"), code.KeyOf("exclude_pattern") }
            : ["exclude_modules"];
        return keys.OfType<string>().Where(context.Read.Has).Select(context.Read.Find).FirstOrDefault();
    }

    private static bool? IsExcluded(PeftTargets targets, string name) => targets.ExcludePattern is { } pattern
        ? PythonPattern.FullMatch(pattern, name) : PeftMatching.HasName(targets.ExcludeNames, name);
}
