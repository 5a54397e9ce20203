using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Switches of LoRA variants with another <c>finetuning_type</c>.</summary>
public sealed class LfLoraFlagOnNonLora : Rule
{
    private static readonly string[] s_switches = ["use_rslora", "use_dora", "pissa_init"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL923",
        Name = "lf-lora-flag-on-non-lora",
        Category = Category.Correctness,
        Summary = "A switch of a LoRA variant is on while finetuning_type is not lora.",
        Why = "LLaMA-Factory stops: rsLoRA, DoRA, PiSSA and LoRA+ exist for LoRA alone.",
        Sources = [new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/finetuning_args.py:624-636")],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var type = context.Read.Text("finetuning_type", "lora");
        if (!type.IsWritten || !type.TryGet(out var name) || name == "lora")
            return;
        var flags = s_switches.Select(k => context.Read.Bool(k, false)).Where(s => s.Or(false)).Select(s => s.Entry!).ToList();
        if (context.Read.Has("loraplus_lr_ratio"))
            flags.Add(context.Read.Find("loraplus_lr_ratio")!);
        foreach (var flag in flags)
        {
            context.Report(
                flag,
                $"{flag.Key} is for finetuning_type: lora alone, but it is {name}, and LLaMA-Factory stops; remove {flag.Key} or train "
                + "with lora",
                AskedFix.Remove(context, flag));
        }
    }
}
