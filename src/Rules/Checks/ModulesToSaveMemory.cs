using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Modules trained in full take far more memory than the adapter.</summary>
public sealed class ModulesToSaveMemory : Rule
{
    // In bfloat16: the copy, its gradient and AdamW's two states.
    private const double BytesPerParameter = 8;
    private const double Gibibyte = 1L << 30;

    private static readonly RuleOption s_least = new(
        "min-gib", 1, "GiB that are mentioned, counted with 8 bytes a parameter: a copy, its gradient and two states of AdamW in bfloat16, "
        + "which is the least that trainers use. Our own choice.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL602",
        Name = "modules-to-save-memory",
        Category = Category.Advice,
        Summary = "Modules that are trained in full take much memory.",
        Why = "PEFT keeps a second copy of each with gradients and optimizer states; for embedding and head of a large vocabulary that is "
            + "more than the whole adapter.",
        Sources =
        [
            new(Upstream.Peft, "docs/source/package_reference/lora.md:419: trainable tokens use less memory"),
            new("huggingface/peft#2898"),
        ],
        Formats = KnownModel.PeftFormats,
        Options = [s_least],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var saved = context.Config.ModulesToSave;
        if (context.BaseModel.Model is not { } model || !saved.IsWritten || context.BaseModel.Adapters.Count == 0)
            return;
        var parameters = context.BaseModel.Adapters.Min(a => a.SavedParameters);
        var size = parameters * BytesPerParameter / Gibibyte;
        if (size < context.Option(s_least))
            return;
        var adapter = context.BaseModel.Adapters[0].AdapterParameters;
        context.Report(
            saved,
            $"{saved.Key} trains {ConfigEditor.Number(Math.Round(parameters / 1e6))} million parameters of {KnownModel.Describe(model)} in "
            + $"full, beside {ConfigEditor.Number(Math.Round(adapter / 1e6))} million of the adapter: at least "
            + $"{ConfigEditor.Number(Math.Round(size, 1))} GiB more with gradients and optimizer states. For a few new tokens "
            + "trainable_token_indices takes next to nothing");
    }
}
