using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Sequences are longer than the base model was made for.</summary>
public sealed class SeqExceedsContext : Rule
{
    private static readonly string[] s_scaling =
        ["rope_scaling", "overrides_of_model_config", "model_init_kwargs", "max_model_len", "rope_type", "model_config"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL407",
        Name = "seq-exceeds-context",
        Category = Category.Suspicious,
        Summary = "Sequences may be longer than the base model's context.",
        Why = "Behind its context a model has learnt no positions: what stands there is read badly, or raises an error where positions are "
            + "a table.",
        Sources = [new(Upstream.LlamaFactory, "src/llamafactory/model/model_utils/rope.py: rope_scaling scales positions")],
        Formats = ["axolotl", "trl", "llama-factory", "ms-swift", "loralint", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var length = context.Config.MaxSequenceLength;
        if (!length.IsWritten || !length.TryGet(out var tokens) || context.Read.HasAny(s_scaling)
            || context.BaseModel.Model is not { Dimensions: { } size } model)
            return;
        // A table of positions ends where it ends; otherwise only config.json tells.
        var most = size.Positions > 0 ? size.Positions : size.Context ?? long.MaxValue;
        if (tokens <= most)
            return;
        context.Report(
            length,
            $"{length.Key} {ConfigEditor.Number(tokens)} is above the {ConfigEditor.Number(most)} tokens that "
            + $"{KnownModel.Describe(model)} was made for; shorten it"
            + (size.Positions > 0 ? ": its positions are a table of so many rows" : ", or scale the positions (rope_scaling)"),
            new Fix(
                FixSafety.Unsafe,
                $"Set {length.Key} to {ConfigEditor.Number(most)}",
                context.Edit.Replace(length.Entry!, ConfigEditor.Number(most))));
    }
}
