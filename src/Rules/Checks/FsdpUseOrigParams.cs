using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>FSDP keeps, or gives up, the original parameters where the adapter needs it otherwise.</summary>
public sealed class FsdpUseOrigParams : Rule
{
    private static readonly string[] s_tokens = ["peft_trainable_token_indices", "trainable_token_indices"];

    private static readonly string[] s_keys =
        ["fsdp_config.use_orig_params", "fsdp_config.fsdp_use_orig_params", "fsdp_use_orig_params"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL514",
        Name = "fsdp-use-orig-params",
        Category = Category.Suspicious,
        Summary = "FSDP's use_orig_params does not suit the adapter.",
        Why = "With use_orig_params FSDP keeps gradients for frozen weights too, so LoRA saves less memory; without it, trainable tokens, "
            + "which share a tensor with frozen ones, cannot be flattened.",
        Sources =
        [
            new(Upstream.Peft, "docs/source/accelerate/fsdp.md:46, 146 (false saves memory)"),
            new(Upstream.Peft, "src/peft/tuners/lora/config.py:523-525 (trainable tokens need true)"),
            new(Upstream.Axolotl, "src/axolotl/utils/trainer.py:605"),
        ],
        Formats = ["axolotl", "python", "trl", "llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // FSDP2 has no such switch: it shards each parameter by itself.
        var accelerate = AccelerateCompanion.Of(context) is { UsesFsdp1: true } file ? file : null;
        if (accelerate is null && (FsdpSettings.SwitchOf(context.Read, configIsEnough: true) is null
            || FsdpSettings.VersionOf(context.Read) is 2))
            return;
        var tokens = s_tokens.Select(context.Read.Find).FirstOrDefault(e => e is not null && !context.Read.IsNull(e.Value));
        var read = accelerate?.Read ?? context.Read;
        var original = read.FirstOf(k => read.Bool(k), s_keys);
        if (!original.IsWritten || !original.TryGet(out var keepsOriginal) || (keepsOriginal == (tokens is not null)))
            return;
        var message = tokens is not null
            ? $"{tokens.Key} trains rows of a frozen embedding, which FSDP can hold only with use_orig_params; set {original.Key} to true"
            : $"{original.Key} makes FSDP keep what training needs for frozen weights too, so the adapter saves little memory; PEFT's "
                + "guide sets it to false, with a wrapping policy that puts trainable and frozen weights apart";
        var category = tokens is null ? Category.Advice : (Category?)null;
        if (accelerate is not null)
        {
            context.Report(
                accelerate.PathNode, $"{message} ({accelerate.PlaceOf(original.Entry!)})", weaker: category,
                related: [accelerate.Place(original.Entry!)]);
            return;
        }

        var wanted = ConfigEditor.Bool(!keepsOriginal);
        context.Report(
            original,
            message,
            new Fix(FixSafety.Unsafe, $"Set {original.Entry!.Key} to {wanted}", context.Edit.Replace(original.Entry!, wanted)),
            weaker: category,
            related: tokens is null ? null : context.Beside(tokens));
    }
}
