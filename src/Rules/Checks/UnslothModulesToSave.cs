using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Unsloth: a module is to be trained in full that its own code does not allow.</summary>
public sealed class UnslothModulesToSave : Rule
{
    private static readonly string[] s_ownModels = ["llama", "mistral", "gemma", "gemma2", "qwen2", "qwen3"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL961",
        Name = "unsloth-modules-to-save",
        Category = Category.Correctness,
        Summary = "A module to save is neither lm_head nor embed_tokens, which Unsloth refuses.",
        Why = "For the architectures that FastLanguageModel has code of its own for, it raises a TypeError at any other module.",
        Sources = [new(Upstream.Unsloth, "unsloth/models/llama.py:3380-3390")],
        Formats = ["unsloth"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var saved = context.Config.ModulesToSave;
        if (context.Recognised.Root.Origin?.Find(CodeCallKind.Adapter)?.Name != "FastLanguageModel.get_peft_model" || !saved.IsWritten
            || !saved.TryGet(out var modules))
            return;
        var others = modules.Where(m => m is not ("lm_head" or "embed_tokens")).ToList();
        if (others.Count == 0)
            return;
        context.Report(
            saved,
            $"Unsloth trains lm_head and embed_tokens in full and raises a TypeError at {string.Join(", ", others)}; leave "
            + $"{(others.Count == 1 ? "it" : "them")} out, or use PEFT's own get_peft_model",
            AskedFix.Keep(context, saved.Entry!, [.. saved.Entry!.Value.Items.Where(i => !others.Contains(i.Text))]),
            weaker: context.BaseModel.ModelType is { } type && s_ownModels.Contains(type) ? null : Category.Suspicious);
    }
}
