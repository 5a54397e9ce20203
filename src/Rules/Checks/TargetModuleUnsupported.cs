using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>The target modules match something that PEFT has no adapter for.</summary>
public sealed class TargetModuleUnsupported : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL173",
        Name = "target-module-unsupported",
        Category = Category.Correctness,
        Summary = "The target modules match a module that cannot have an adapter.",
        Why = "PEFT has adapters for linear layers, embeddings and convolutions; a norm, or a module that only holds others, stops it.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/model.py:451-456")],
        Formats = KnownModel.PeftFormats,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view.Model is not { } model || view.Adapters.Count == 0
            || PeftTargetValue.Read(context.Format, context.Read) is not { } value)
            return;
        if (value.Pattern is not null)
        {
            if (KnownModel.KnowsWholeNames(context) && view.Adapters.All(a => Unsupported(a).Count > 0))
                Report(context, model, value.Entry.Value.Span, Unsupported(view.Adapters[0])[0]);
            return;
        }

        foreach (var name in KnownModel.PlainTargets(context))
        {
            var matches = view.Adapters.Select(a => Unsupported(a).FirstOrDefault(r => PeftMatching.HasName([name.Text], r))).ToList();
            if (matches.All(m => m is not null))
                Report(context, model, name.Span, matches[0]!);
        }
    }

    // Routers are LL175's.
    private static IReadOnlyList<string> Unsupported(AdapterShape adapter)
    {
        var others = adapter.Model.Modules.Where(m => m.Kind == ModuleKind.Other).Select(m => m.Name);
        return [.. adapter.Refused.Except(others)];
    }

    private static void Report(CheckContext context, BaseModel model, TextSpan span, string match)
    {
        var inside = model.Shapes.SelectMany(s => s.Modules)
            .Where(m => m.IsLinear && m.Name.StartsWith(match + ".", StringComparison.Ordinal)).Select(m => m.LastPart).Distinct().ToList();
        var what = inside.Count > 0 ? $"which only holds other modules; name the linear layers in it ({string.Join(", ", inside)})"
            : "which is no linear layer, embedding or convolution; leave it out";
        context.Report(span, $"this matches {match} of {KnownModel.Describe(model)}, {what}, or PEFT stops");
    }
}
