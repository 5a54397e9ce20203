using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Samples share a sequence, but the attention does not keep them apart.</summary>
public sealed class PackingWithoutFlashAttention : Rule
{
    // Backends that keep packed samples apart. Names with a slash are kernels from a hub and not judged.
    private static readonly string[] s_axolotl =
        ["flash_attention_2", "flash_attention_3", "flex_attention", "xformers", "sage", "sdpa", "eager"];

    private static readonly string[] s_axolotlFlags =
        ["flash_attention", "xformers_attention", "sdp_attention", "flex_attention", "sage_attention", "eager_attention", "s2_attention"];

    private static readonly string[] s_flash =
        ["flash_attn", "flash_attention_2", "flash_attention_3", "flash_attention_4"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL401",
        Name = "packing-without-flash-attention",
        Category = Category.Correctness,
        Summary = "Samples are packed into one sequence without an attention that keeps them apart.",
        Why = "With an ordinary attention mask each packed sample sees the ones before it; ms-swift refuses that, axolotl and TRL only "
            + "warn.",
        Sources =
        [
            new("huggingface/trl@f2cd5771 (2026-07-24)", "trl/trainer/sft_trainer.py:1211-1221"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/arguments/sft_args.py: _check_padding_free"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:185-202, enums.py:135-146"),
        ],
        Formats = ["axolotl", "trl", "ms-swift"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        switch (context.Format.Name)
        {
            case "axolotl":
                CheckAxolotl(context);
                break;
            case "trl":
                CheckTrl(context);
                break;
            default:
                CheckMsSwift(context);
                break;
        }
    }

    private static void CheckAxolotl(CheckContext context)
    {
        var read = context.Read;
        var packing = context.Config.Packing;
        var attention = read.Text("attn_implementation");
        if (!packing.Or(false))
            return;
        if (attention.IsWritten ? IsFine(attention, s_axolotl) : s_axolotlFlags.Any(f => read.Bool(f).Or(read.Has(f))))
        {
            CheckSdpa(context, packing, attention);
            return;
        }

        context.Report(
            packing,
            $"{packing.Key} is on, but {Missing(attention)}, so packed samples attend to each other; set attn_implementation to "
            + "flash_attention_2 (or flex_attention, sdpa), or switch packing off",
            FixOf(context, packing, attention, "flash_attention_2"),
            weaker: Category.Suspicious);
    }

    // Axolotl's own warning and its docs/agents/sft.md; a device with compute capability 9.0 (H100) is spared.
    private static void CheckSdpa(CheckContext context, Setting<bool> packing, Setting<string> attention)
    {
        var isSdpa = attention.IsWritten ? attention.Or("") == "sdpa" : context.Read.Bool("sdp_attention").Or(false);
        if (!isSdpa || !context.Config.Bf16.Or(true))
            return;
        context.Report(
            packing,
            $"{packing.Key} with sdpa and bf16 may give a loss of 0.0 on devices other than H100, and then nothing is learned; watch the "
            + "first losses, or use flash_attention_2",
            attention.IsWritten ? FixOf(context, packing, attention, "flash_attention_2") : null,
            weaker: Category.Advice);
    }

    private static void CheckTrl(CheckContext context)
    {
        var packing = context.Config.Packing;
        var attention = context.Read.Text("attn_implementation");
        // A script of the user's own, whose defaults are not known, may choose the attention itself.
        if (!packing.Or(false) || context.Read.Has("use_flash_attn")
            || context.Read.Text("packing_strategy", "bfd").Or("") is not ("bfd" or "bfd_split" or "bfd-requeue")
            || (attention.IsWritten ? IsFine(attention, s_flash) : !context.Config.SaveStrategy.IsKnown))
            return;
        context.Report(
            packing,
            $"{packing.Key} is on, but {Missing(attention)}; only Flash Attention is known to keep packed samples apart, with others "
            + "they may "
            + "attend to each other. Set attn_implementation to flash_attention_2, or switch packing off",
            FixOf(context, packing, attention, "flash_attention_2"),
            weaker: Category.Suspicious);
    }

    private static void CheckMsSwift(CheckContext context)
    {
        var packing = context.Config.Packing.Or(false) ? context.Config.Packing : context.Read.Bool("padding_free");
        var attention = context.Read.Text("attn_impl");
        // Megatron runs have no such setting (nor a best model to load) and do not check it.
        if (!packing.IsWritten || !packing.Or(false) || context.Config.LoadBestModelAtEnd.Origin == SettingOrigin.Absent
            || (attention.IsWritten && IsFine(attention, s_flash)))
            return;
        context.Report(
            packing,
            $"{packing.Key} needs Flash Attention, but {Missing(attention)}, and ms-swift stops; set attn_impl to flash_attn",
            FixOf(context, packing, attention, "flash_attn"));
    }

    private static bool IsFine(Setting<string> attention, string[] good) =>
        !attention.TryGet(out var name) || name.Contains('/') || good.Contains(name);

    private static string Missing(Setting<string> attention) =>
        attention.IsWritten ? $"{attention.Key} is {attention.Or("")}" : $"{attention.Key} is not set";

    private static Fix FixOf(CheckContext context, Setting<bool> packing, Setting<string> attention, string wanted) => new(
        FixSafety.Unsafe,
        $"Set {attention.Key} to {wanted}",
        attention.IsWritten
            ? context.Edit.Replace(attention.Entry!, context.Edit.Word(wanted))
            : context.Edit.InsertAfter(packing.Entry!, attention.Key, context.Edit.Word(wanted)));
}
